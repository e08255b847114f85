using System.Text;
using Actions.V1;

namespace Actions.Server.Tests.Secrets;

/// <summary>One way to authenticate, with what an API gets to see of it.</summary>
/// <param name="Name">For the test's name.</param>
/// <param name="Make">Of the upstream's URL, which has a token endpoint, and the secret.</param>
/// <param name="Sent">Where the secret stands in the request that carries it.</param>
/// <param name="Expected">What stands there for the secret given.</param>
internal sealed record Credential(
    string Name, Func<string, string, Authentication> Make, Func<RawRequest, string?> Sent, Func<string, string> Expected)
{
    /// <summary>Hard to carry: beyond ASCII, and with what a query has to escape.</summary>
    public const string Secret = "s3cret/&ключ";

    /// <summary>What Data Protection begins every ciphertext with, in base64url.</summary>
    public const string CiphertextMark = "CfDJ8";

    public static IReadOnlyDictionary<string, Credential> All { get; } = new Credential[]
    {
        new("API key in a header", (_, secret) => ApiKey(secret, Location.Header), sent => sent.Header("X-Key"), secret => secret),
        new("API key in the query", (_, secret) => ApiKey(secret, Location.Query), sent => sent.Query, secret => $"X-Key={Uri.EscapeDataString(secret)}"),
        new("Bearer token in a header", (_, secret) => Bearer(secret, Location.Unspecified), Authorization, secret => $"Bearer {secret}"),
        new("Bearer token in the query", (_, secret) => Bearer(secret, Location.Query), sent => sent.Query, secret => $"access_token={Uri.EscapeDataString(secret)}"),
        new("Basic credentials", (_, secret) => Basic(secret), Authorization, secret => $"Basic {Base64($"Zoë:{secret}")}"),
        new("OAuth 2.0", OAuth, Authorization, secret => $"Basic {Base64($"voice:{Uri.EscapeDataString(secret)}")}"),
    }.ToDictionary(credential => credential.Name);

    public static TheoryData<string> Names => [.. All.Keys];

    public static Authentication ApiKey(string secret, Location location = Location.Header) =>
        new() { ApiKey = new() { Name = "X-Key", Value = new() { Plaintext = secret }, Location = location } };

    public static Authentication Bearer(string secret, Location location = Location.Header) =>
        new() { BearerToken = new() { Token = new() { Plaintext = secret }, Location = location } };

    public static Authentication Basic(string secret) =>
        new() { BasicCredentials = new() { Username = "Zoë", Password = new() { Plaintext = secret } } };

    public static Authentication OAuth(string url, string secret) => new()
    {
        Oauth2ClientCredentials = new()
        {
            TokenUrl = $"{url}/token",
            ClientId = "voice",
            ClientSecret = new() { Plaintext = secret },
            Scopes = { "orders", "customers" },
        },
    };

    /// <summary>An API that has a token endpoint.</summary>
    public static RawUpstream Upstream() => RawUpstream.Answering(request => RawUpstream.Response(
        request.Path == "/token" ? """{"access_token": "t0ken", "token_type": "Bearer", "expires_in": 3600}""" : "{}"));

    /// <summary>The secret of the authentication, whichever its method.</summary>
    public static Secret SecretOf(ActionConfig action) => action.Authentication.MethodCase switch
    {
        Authentication.MethodOneofCase.ApiKey => action.Authentication.ApiKey.Value,
        Authentication.MethodOneofCase.BearerToken => action.Authentication.BearerToken.Token,
        Authentication.MethodOneofCase.BasicCredentials => action.Authentication.BasicCredentials.Password,
        _ => action.Authentication.Oauth2ClientCredentials.ClientSecret,
    };

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>Nothing in it tells the secret, in any of the forms it is sent in.</summary>
    public static void ShouldHideIt(byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        foreach (var form in Forms())
            text.ShouldNotContain(form);
    }

    /// <summary>The secret as it could leak.</summary>
    private static IEnumerable<string> Forms() =>
        [Secret, "s3cret", Base64("s3cret"), Uri.EscapeDataString(Secret), Base64(Secret), Base64($"Zoë:{Secret}"), Base64($"voice:{Uri.EscapeDataString(Secret)}")];

    private static string? Authorization(RawRequest sent) => sent.Header("Authorization");
}
