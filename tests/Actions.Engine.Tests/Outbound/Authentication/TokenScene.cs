using System.Globalization;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound.Authentication;

/// <summary>A token endpoint and an API that takes its tokens.</summary>
internal sealed class TokenScene : IAsyncDisposable
{
    private int _fetches;
    private int _calls;

    /// <param name="fetch">What the endpoint answers the nth time, from 1; null: the token t1, t2, … for an
    /// hour.</param>
    /// <param name="call">What the API answers the nth time; null: 200.</param>
    public TokenScene(Func<int, RawRequest, string>? fetch = null, Func<int, RawRequest, string>? call = null)
    {
        fetch ??= (n, _) => Token($"t{n}");
        call ??= (_, _) => RawUpstream.Response("{}");
        Endpoint = RawUpstream.Answering(request => fetch(Interlocked.Increment(ref _fetches), request));
        Api = RawUpstream.Answering(request => call(Interlocked.Increment(ref _calls), request));
        Config = Configs.Get($"{Api.Url}/orders");
        Config.Authentication = Methods.OAuth2($"{Endpoint.Url}/token");
    }

    public RawUpstream Endpoint { get; }

    public RawUpstream Api { get; }

    public ActionConfig Config { get; }

    /// <summary>The Authorization header of each call of the API.</summary>
    public IEnumerable<string?> Authorizations => Api.Requests.Select(request => request.Header("Authorization"));

    public static string Token(string text, string expiresIn = "3600") =>
        RawUpstream.Response($"{{\"access_token\":\"{text}\",\"token_type\":\"Bearer\",\"expires_in\":{expiresIn}}}");

    public static string Status(int status) =>
        RawUpstream.Response("{}", status: string.Create(CultureInfo.InvariantCulture, $"{status} Whatever"));

    public async ValueTask DisposeAsync()
    {
        await Api.DisposeAsync();
        await Endpoint.DisposeAsync();
    }
}
