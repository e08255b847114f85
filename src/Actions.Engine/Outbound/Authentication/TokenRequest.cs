using System.Collections.Immutable;
using System.Text;
using Actions.Engine.Http;
using Actions.V1;
using HttpMethod = System.Net.Http.HttpMethod;

namespace Actions.Engine.Outbound.Authentication;

/// <summary>The request for a token, in each of the ways in which a client can authenticate. RFC 6749 section
/// 2.3.1.</summary>
internal static class TokenRequest
{
    /// <returns>The ways to try, in this order, without those that would send the same again.</returns>
    /// <param name="plan">May name one.</param>
    /// <param name="accepted">The way that the endpoint accepted before; unspecified: none.</param>
    public static ImmutableArray<ClientAuthentication> Methods(OAuth2Plan plan, ClientAuthentication accepted)
    {
        if (plan.Method != ClientAuthentication.Unspecified)
            return [plan.Method];
        ClientAuthentication[] all = [ClientAuthentication.Basic, ClientAuthentication.BasicUnencoded,
            ClientAuthentication.Form];
        // RFC 7617 section 2: the first colon ends the id.
        var isPlain = Encoded(plan) == Unencoded(plan) || plan.ClientId.Contains(':', StringComparison.Ordinal);
        return [.. all.Where(method => method != ClientAuthentication.BasicUnencoded || !isPlain).OrderBy(method =>
            method != accepted)];
    }

    public static UpstreamMessage Create(OAuth2Plan plan, ClientAuthentication method, string workspace)
    {
        var form = method == ClientAuthentication.Form
            ? $"{plan.Form.Text}&client_id={FormUrlEncoding.Encode(plan.ClientId)}&client_secret={FormUrlEncoding.Encode(plan.ClientSecret)}"
            : plan.Form.Text;
        var request = new UpstreamMessage(HttpMethod.Post, plan.TokenUrl)
        {
            Workspace = workspace,
            Content = new ByteArrayContent(Encoding.ASCII.GetBytes(form)),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/x-www-form-urlencoded");
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        // Some endpoints refuse requests without one.
        request.Headers.TryAddWithoutValidation("User-Agent", OwnHeaders.UserAgent);
        if (method != ClientAuthentication.Form)
            request.Headers.TryAddWithoutValidation(
                "Authorization",
                $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(method == ClientAuthentication.Basic ? Encoded(plan) : Unencoded(plan)))}");
        return request;
    }

    private static string Encoded(OAuth2Plan plan) =>
        $"{FormUrlEncoding.Encode(plan.ClientId)}:{FormUrlEncoding.Encode(plan.ClientSecret)}";

    private static string Unencoded(OAuth2Plan plan) => $"{plan.ClientId}:{plan.ClientSecret}";
}
