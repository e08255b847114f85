using System.Text;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound.Authentication;

/// <summary>Credentials that are known beforehand, as bytes on the wire.</summary>
public sealed class CredentialTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(Location.Unspecified)]
    [InlineData(Location.Header)]
    public async Task ApiKeyInHeader_UnderItsNameAsItIs(Location location)
    {
        var sent = await SendAsync(Methods.ApiKey("X-Api-Key", "k=ey/+ä 1", location));

        sent.Header("X-Api-Key").ShouldBe("k=ey/+ä 1");
        sent.Target.ShouldBe("/orders");
        sent.All("Authorization").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/orders", "/orders?k=")]
    [InlineData("/orders?", "/orders?k=")]
    [InlineData("/orders?a=1", "/orders?a=1&k=")]
    [InlineData("/orders?a=1&", "/orders?a=1&k=")]
    [InlineData("/orders?a", "/orders?a&k=")]
    [InlineData("/a%2Fb/{a}?a={a}", "/a%2Fb/%26%3F%20?a=%26%3F%20&k=")]
    [InlineData("", "/?k=")]
    public async Task ApiKeyInQuery_AppendedToWhatIsThere(string path, string target)
    {
        var sent = await SendAsync(Methods.ApiKey("k", "secret", Location.Query), path);

        sent.Target.ShouldBe($"{target}secret");
        sent.Headers.ShouldAllBe(header => !header.Value.Contains("secret"));
    }

    [Theory]
    [InlineData("api key", "a b", "api%20key=a%20b")]
    [InlineData("key[]", "a&b=c#d", "key%5B%5D=a%26b%3Dc%23d")]
    [InlineData("schlüssel", "ß+%/?", "schl%C3%BCssel=%C3%9F%2B%25%2F%3F")]
    [InlineData("k", "{order}", "k=%7Border%7D")]
    public async Task ApiKeyInQuery_NameAndValueEncoded(string name, string key, string query) =>
        (await SendAsync(Methods.ApiKey(name, key, Location.Query))).Query.ShouldBe(query);

    [Fact]
    public async Task ApiKeyInQueryAndParameters_AllInOrder()
    {
        var sent = await SendAsync(
            Methods.ApiKey("k", "secret", Location.Query),
            "/orders?a=1",
            config => config.Request.QueryParameters.Add(new QueryParameter { Name = "b", Value = "2" }));

        sent.Target.ShouldBe("/orders?a=1&b=2&k=secret");
    }

    [Fact]
    public async Task BearerInHeader_Rfc6750()
    {
        var sent = await SendAsync(Methods.Bearer("abc.DEF-123_~+/="));

        sent.Header("Authorization").ShouldBe("Bearer abc.DEF-123_~+/=");
        sent.Query.ShouldBeNull();
    }

    [Fact]
    public async Task BearerInQuery_AccessToken()
    {
        var sent = await SendAsync(Methods.Bearer("a+b/c=", Location.Query), "/orders?a=1");

        sent.Target.ShouldBe("/orders?a=1&access_token=a%2Bb%2Fc%3D");
        sent.All("Authorization").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]
    [InlineData("test", "123£", "dGVzdDoxMjPCow==")]
    [InlineData("", "a:b:c", "OmE6Yjpj")]
    [InlineData("größe", "漢😀", null)]
    [InlineData("user", "MASKED", null)]
    public async Task Basic_Utf8InBase64(string user, string password, string? encoded)
    {
        var sent = await SendAsync(Methods.Basic(user, password));

        var expected = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        sent.Header("Authorization").ShouldBe($"Basic {encoded ?? expected}");
    }

    public static TheoryData<string, V1.Authentication> Kinds => new()
    {
        { "header", Methods.ApiKey("X-Api-Key", "secret-1") },
        { "query", Methods.ApiKey("k", "secret-1", Location.Query) },
        { "bearer", Methods.Bearer("secret-1") },
        { "bearer in the query", Methods.Bearer("secret-1", Location.Query) },
        { "basic", Methods.Basic("user", "secret-1") },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task ApiRefuses_OneCallAndNoSecretInTheFailure(string kind, V1.Authentication authentication)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("", status: "401 Unauthorized"));
        var config = Configs.Get(api.Url);
        config.Authentication = authentication;

        var failure = await _engine.FailureAsync(config);

        (failure.Reason, failure.StatusCode, failure.Attempts).ShouldBe((FailureReason.HttpStatus, 401, 1), kind);
        failure.ToString().ShouldNotContain("secret-1");
        api.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Retried_EveryAttemptCarriesTheCredential(string kind, V1.Authentication authentication)
    {
        var answers = 0;
        await using var api = RawUpstream.Answering(
            _ => Interlocked.Increment(ref answers) == 1 ? RawUpstream.Response("", status: "503 Later") : RawUpstream.Response("{}"));
        var config = Configs.Get(api.Url);
        config.Authentication = authentication;
        config.RetryPolicy = new RetryPolicy { MaxAttempts = 2, InitialBackoff = Methods.Milliseconds(1) };

        (await _engine.ResultAsync(config)).Attempts.ShouldBe(2, kind);

        var (first, second) = (api.Requests.First(), api.Requests.Last());
        second.Target.ShouldBe(first.Target);
        second.Headers.ShouldBe(first.Headers);
    }

    private async Task<RawRequest> SendAsync(
        V1.Authentication authentication, string path = "/orders", Action<ActionConfig>? change = null)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Configs.Get(api.Url + path);
        config.Authentication = authentication;
        change?.Invoke(config);
        await _engine.ResultAsync(config, Configs.Values(("a", "&? ")));
        return api.Requests.Single();
    }
}
