using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Authentication;

/// <summary>Authentications in one line each.</summary>
internal static class Methods
{
    public static V1.Authentication ApiKey(string name, string key, Location location = Location.Header) =>
        new() { ApiKey = new ApiKey { Name = name, Value = Secret(key), Location = location } };

    public static V1.Authentication Bearer(string token, Location location = Location.Header) =>
        new() { BearerToken = new BearerToken { Token = Secret(token), Location = location } };

    public static V1.Authentication Basic(string user, string password) =>
        new() { BasicCredentials = new BasicCredentials { Username = user, Password = Secret(password) } };

    public static V1.Authentication OAuth2(string tokenUrl, string id = "client", string secret = "s3cret", params string[] scopes) => new()
    {
        Oauth2ClientCredentials = new OAuth2ClientCredentials { TokenUrl = tokenUrl, ClientId = id, ClientSecret = Secret(secret), Scopes = { scopes } },
    };

    public static Duration Milliseconds(double count) => Duration.FromTimeSpan(TimeSpan.FromMilliseconds(count));

    private static Secret Secret(string text) => new() { Plaintext = text };
}
