using System.Globalization;
using System.Text;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound.Authentication;

/// <summary>OAuth 2.0 client credentials, RFC 6749 section 4.4: how a token is asked for, kept and fetched
/// again.</summary>
public sealed class TokenTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;

    public TokenTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task FirstCall_TokenFetchedWithBasicAndSentAsBearer()
    {
        await using var scene = new TokenScene();
        scene.Config.Authentication = Methods.OAuth2($"{scene.Endpoint.Url}/token?tenant=1", scopes: ["orders.read", "x"]);

        await _engine.ResultAsync(scene.Config);

        var asked = scene.Endpoint.Requests.Single();
        (asked.Method, asked.Target).ShouldBe(("POST", "/token?tenant=1"));
        asked.Header("Content-Type").ShouldBe("application/x-www-form-urlencoded");
        asked.Header("Accept").ShouldBe("application/json");
        asked.Text.ShouldBe("grant_type=client_credentials&scope=orders.read+x");
        asked.Header("Authorization").ShouldBe($"Basic {Base64("client:s3cret")}");
        scene.Authorizations.ShouldBe(["Bearer t1"]);
    }

    [Theory]
    [InlineData("a b:c", "p@s%s:w+rd/ä", "a+b%3Ac:p%40s%25s%3Aw%2Brd%2F%C3%A4")]
    [InlineData("id", "-._", "id:-._")]
    public async Task ClientSecretBasic_BothHalvesFormEncoded(string id, string secret, string halves)
    {
        await using var scene = new TokenScene();
        scene.Config.Authentication = Methods.OAuth2($"{scene.Endpoint.Url}/token", id, secret);

        await _engine.ResultAsync(scene.Config);

        var asked = scene.Endpoint.Requests.Single();
        asked.Header("Authorization").ShouldBe($"Basic {Base64(halves)}");
        asked.Text.ShouldBe("grant_type=client_credentials");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    public async Task BasicRefused_SecretInTheBodyAndRemembered(int status)
    {
        await using var scene = new TokenScene(
            (n, request) => request.Header("Authorization") is null ? TokenScene.Token($"t{n}", "100") : TokenScene.Status(status));
        scene.Config.Authentication = Methods.OAuth2($"{scene.Endpoint.Url}/token", "a&b", "c=d", "s");

        await _engine.ResultAsync(scene.Config);
        scene.Endpoint.Requests.Select(request => request.Text).ShouldBe(
        [
            "grant_type=client_credentials&scope=s",
            "grant_type=client_credentials&scope=s",
            "grant_type=client_credentials&scope=s&client_id=a%26b&client_secret=c%3Dd",
        ]);

        _clock.Advance(TimeSpan.FromSeconds(200));
        await _engine.ResultAsync(scene.Config);

        scene.Endpoint.Requests.Count.ShouldBe(4);
        scene.Endpoint.Requests.Last().Header("Authorization").ShouldBeNull();
        scene.Authorizations.ShouldBe(["Bearer t3", "Bearer t4"]);
    }

    [Fact]
    public async Task BothRefused_AuthenticationAndNotRemembered()
    {
        var refuse = true;
        await using var scene = new TokenScene((n, _) => refuse ? TokenScene.Status(401) : TokenScene.Token($"t{n}"));

        (await _engine.FailureAsync(scene.Config)).Reason.ShouldBe(FailureReason.Authentication);
        refuse = false;
        await _engine.ResultAsync(scene.Config);

        scene.Endpoint.Requests.Count.ShouldBe(3);
        scene.Endpoint.Requests.Last().Header("Authorization").ShouldNotBeNull();
    }

    public static TheoryData<string, double> Lifetimes
    {
        get
        {
            var lifetimes = new TheoryData<string, double>();
            foreach (var row in DocTable.Read("docs/apis.md", "How long a token is kept").Where(row => row["kept"] != "0"))
                lifetimes.Add(row["expires_in"], double.Parse(row["kept"], CultureInfo.InvariantCulture));
            return lifetimes;
        }
    }

    public static TheoryData<string> NoLifetimes =>
        [.. DocTable.Read("docs/apis.md", "How long a token is kept").Where(row => row["kept"] == "0").Select(row => row["expires_in"])];

    [Theory]
    [MemberData(nameof(Lifetimes))]
    public async Task Token_KeptUntilShortlyBeforeItExpires(string expiresIn, double seconds)
    {
        await using var scene = new TokenScene((n, _) => TokenScene.Token($"t{n}", expiresIn));
        await _engine.ResultAsync(scene.Config);

        _clock.AdvanceTo(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        await _engine.ResultAsync(scene.Config);
        scene.Endpoint.Requests.Count.ShouldBe(1);
        _clock.Advance(TimeSpan.FromTicks(1));
        await _engine.ResultAsync(scene.Config);

        scene.Endpoint.Requests.Count.ShouldBe(2);
        scene.Authorizations.ShouldBe(["Bearer t1", "Bearer t1", "Bearer t2"]);
    }

    [Fact]
    public async Task NoExpiry_KeptForMinutes()
    {
        await using var scene = new TokenScene((n, _) => RawUpstream.Response($"{{\"access_token\":\"t{n}\",\"token_type\":\"bearer\"}}"));
        await _engine.ResultAsync(scene.Config);

        _clock.AdvanceTo(TimeSpan.FromSeconds(269));
        await _engine.ResultAsync(scene.Config);
        _clock.AdvanceTo(TimeSpan.FromSeconds(270));
        await _engine.ResultAsync(scene.Config);

        scene.Authorizations.ShouldBe(["Bearer t1", "Bearer t1", "Bearer t2"]);
    }

    [Theory]
    [MemberData(nameof(NoLifetimes))]
    public async Task ExpiredWhenItComes_UsedOnceAndFetchedForEachCall(string expiresIn)
    {
        await using var scene = new TokenScene((n, _) => TokenScene.Token($"t{n}", expiresIn));

        await _engine.ResultAsync(scene.Config);
        await _engine.ResultAsync(scene.Config);

        scene.Authorizations.ShouldBe(["Bearer t1", "Bearer t2"]);
    }

    [Fact]
    public async Task ActionsOfOneClient_ShareATokenOthersDoNot()
    {
        await using var scene = new TokenScene();
        var other = scene.Config.Clone();
        other.Request.Url = $"{scene.Api.Url}/others";
        var third = scene.Config.Clone();
        third.Authentication.Oauth2ClientCredentials.Scopes.Add("more");

        foreach (var config in (ActionConfig[])[scene.Config, other, third, scene.Config])
            await _engine.ResultAsync(config);

        scene.Authorizations.ShouldBe(["Bearer t1", "Bearer t1", "Bearer t2", "Bearer t1"]);
    }

    [Fact]
    public async Task SecretReplaced_TokenOfTheOldOneNotUsed()
    {
        await using var scene = new TokenScene();
        await _engine.ResultAsync(scene.Config);
        scene.Config.Authentication.Oauth2ClientCredentials.ClientSecret.Plaintext = "other";

        await _engine.ResultAsync(scene.Config);

        scene.Authorizations.ShouldBe(["Bearer t1", "Bearer t2"]);
    }

    [Fact]
    public async Task ApiAnswers401_OneRefetchAndOneMoreCall()
    {
        await using var scene = new TokenScene(call: (_, request) =>
            request.Header("Authorization") == "Bearer t1" ? TokenScene.Status(401) : RawUpstream.Response("{}"));

        var result = await _engine.ResultAsync(scene.Config);
        await _engine.ResultAsync(scene.Config);

        result.Attempts.ShouldBe(1);
        scene.Authorizations.ShouldBe(["Bearer t1", "Bearer t2", "Bearer t2"]);
        scene.Endpoint.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task ApiAnswers401Twice_HttpStatus()
    {
        await using var scene = new TokenScene(call: (_, _) => TokenScene.Status(401));

        var failure = await _engine.FailureAsync(scene.Config);

        (failure.Reason, failure.StatusCode, failure.Attempts).ShouldBe((FailureReason.HttpStatus, 401, 1));
        scene.Authorizations.ShouldBe(["Bearer t1", "Bearer t2"]);
    }

    [Fact]
    public async Task PostAnswered401_SentAgainWithItsBody()
    {
        await using var scene = new TokenScene(call: (n, _) => n == 1 ? TokenScene.Status(401) : RawUpstream.Response("{}"));
        scene.Config.Request.Method = V1.HttpMethod.Post;
        scene.Config.Request.JsonBody = """{"a":1}""";

        await _engine.ResultAsync(scene.Config);

        scene.Api.Requests.Select(request => request.Text).ShouldBe(["{\"a\":1}", "{\"a\":1}"]);
    }

    [Fact]
    public async Task ManyAnswered401AtOnce_OneRefetchForAll()
    {
        const int many = 20;
        using var all = new CountdownEvent(many);
        await using var scene = new TokenScene(call: (_, request) =>
        {
            if (request.Header("Authorization") != "Bearer t1")
                return RawUpstream.Response("{}");
            all.Signal();
            return TokenScene.Status(401);
        });

        await Task.WhenAll(Enumerable.Range(0, many).Select(_ => _engine.ResultAsync(scene.Config)));

        scene.Endpoint.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task OtherOriginAnswers401_NotTheTokensFault()
    {
        await using var elsewhere = RawUpstream.Answering(TokenScene.Status(401));
        await using var scene = new TokenScene(
            call: (_, _) => $"HTTP/1.1 307 Go\r\nLocation: {elsewhere.Url}/x\r\nContent-Length: 0\r\n\r\n");
        scene.Config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 1 };

        (await _engine.FailureAsync(scene.Config)).StatusCode.ShouldBe(401);

        // It never saw the token: another one would change nothing.
        (scene.Endpoint.Requests.Count, scene.Api.Requests.Count, elsewhere.Requests.Count).ShouldBe((1, 1, 1));
        elsewhere.Requests.Single().Header("Authorization").ShouldBeNull();
    }

    [Fact]
    public async Task Initialize_UsesATokenToo()
    {
        await using var scene = new TokenScene();

        var response = await _engine.InitializeAsync(scene.Config);

        response.Sample.StatusCode.ShouldBe(200);
        scene.Authorizations.ShouldBe(["Bearer t1"]);
        response.Request.Headers.Single(header => header.Name == "Authorization").Value.ShouldBe("Bearer MASKED");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.ASCII.GetBytes(text));
}
