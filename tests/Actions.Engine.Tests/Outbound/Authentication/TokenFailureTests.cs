using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Authentication;

/// <summary>A token endpoint that gives no token: the API isn't called, and nothing is told that should be
/// kept.</summary>
public sealed class TokenFailureTests : IDisposable
{
    private const string Secret = "hunter2";

    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;

    public TokenFailureTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, string, string, bool> Answers => new()
    {
        { "500", TokenScene.Status(500), "status 500", true },
        { "503", TokenScene.Status(503), "status 503", true },
        { "429", TokenScene.Status(429), "status 429", true },
        { "408", TokenScene.Status(408), "status 408", true },
        { "425", TokenScene.Status(425), "status 425", true },
        { "403", TokenScene.Status(403), "status 403", false },
        { "400", RawUpstream.Response($"{{\"error\":\"invalid_client\",\"error_description\":\"{Secret}\"}}", status: "400 No"), "status 400", false },
        { "redirect", $"HTTP/1.1 302 {Secret}\r\nLocation: /{Secret}\r\nContent-Length: 0\r\n\r\n", "status 302", false },
        { "temporary redirect", $"HTTP/1.1 307 {Secret}\r\nLocation: /{Secret}\r\nContent-Length: 0\r\n\r\n", "status 307", false },
        { "no JSON", RawUpstream.Response($"<html>{Secret}"), "no access_token", false },
        { "nothing", RawUpstream.Response(""), "no access_token", false },
        { "a list", RawUpstream.Response($"[\"{Secret}\"]"), "no access_token", false },
        { "a text", RawUpstream.Response($"\"{Secret}\""), "no access_token", false },
        { "null", RawUpstream.Response("null"), "no access_token", false },
        { "no token", RawUpstream.Response($"{{\"token_type\":\"bearer\",\"refresh_token\":\"{Secret}\"}}"), "no access_token", false },
        { "token is no text", RawUpstream.Response("{\"access_token\":12,\"token_type\":\"bearer\"}"), "no access_token", false },
        { "token is no Unicode", RawUpstream.Response("{\"access_token\":\"\\ud800\",\"token_type\":\"bearer\"}"), "no access_token", false },
        { "token is null", RawUpstream.Response("{\"access_token\":null,\"token_type\":\"bearer\"}"), "no access_token", false },
        { "token is empty", RawUpstream.Response("{\"access_token\":\"\",\"token_type\":\"bearer\"}"), "can't be sent", false },
        { "CR LF in it", RawUpstream.Response($"{{\"access_token\":\"{Secret}\\r\\nX-Evil: 1\",\"token_type\":\"bearer\"}}"), "can't be sent", false },
        { "LF in it", RawUpstream.Response($"{{\"access_token\":\"{Secret}\\n\",\"token_type\":\"bearer\"}}"), "can't be sent", false },
        { "NUL in it", RawUpstream.Response($"{{\"access_token\":\"{Secret}\\u0000\",\"token_type\":\"bearer\"}}"), "can't be sent", false },
        { "a megabyte", RawUpstream.Response($"{{\"access_token\":\"{new string('x', 1 << 20)}\",\"token_type\":\"bearer\"}}"), "no access_token", false },
        { "another type", RawUpstream.Response($"{{\"access_token\":\"{Secret}\",\"token_type\":\"mac\"}}"), "isn't a bearer token", false },
        { "no HTTP", $"{Secret}\r\n\r\n", "can't be reached", false },
        { "cut", $"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{{\"access_token\":\"{Secret}", "can't be reached", true },
        { "an encoding that it is not", $"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\n{Secret}\0", "can't be reached", false },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task NoToken_AuthenticationWithDetailAndTriedAgainByTheNext(string what, string answer, string detail, bool retryable)
    {
        var broken = true;
        await using var endpoint = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(broken ? answer : TokenScene.Token("t1"));
                if (broken && what is "no HTTP" or "cut")
                    return;
            }
        });
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Config(api, $"{endpoint.Url}/token");

        var failure = await _engine.FailureAsync(config);

        failure.Reason.ShouldBe(FailureReason.Authentication, what);
        failure.Message.ShouldBe("Sorry.");
        failure.Detail.ShouldContain(detail);
        (failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((0, 1, retryable), what);
        failure.ToString().ShouldNotContain(Secret);
        api.Requests.ShouldBeEmpty();

        broken = false;
        await _engine.ResultAsync(config);
        api.Requests.Single().Header("Authorization").ShouldBe("Bearer t1");
    }

    [Fact]
    public async Task Refused_AuthenticationThatMayBeRetried()
    {
        var closed = new RawUpstream(_ => Task.CompletedTask);
        var url = $"{closed.Url}/token";
        await closed.DisposeAsync();
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));

        var failure = await _engine.FailureAsync(Config(api, url));

        failure.Reason.ShouldBe(FailureReason.Authentication);
        failure.ShouldBeWithoutAnswer(retryable: true);
        failure.Detail.ShouldBe("The token endpoint can't be reached. No connection: refused or unreachable.");
    }

    [Fact]
    public async Task EndpointNeverAnswers_AuthenticationAfterItsOwnTimeout()
    {
        await using var endpoint = new RawUpstream(connection => connection.HoldAsync());
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Config(api, $"{endpoint.Url}/token");
        config.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(60));
        var running = _engine.FailureAsync(config);
        await endpoint.ConnectedAsync(_engine.Token);

        _clock.Advance(TimeSpan.FromSeconds(10));

        var failure = await running;
        failure.Reason.ShouldBe(FailureReason.Authentication);
        failure.Detail.ShouldBe("The token endpoint took longer than 10000 ms.");
        failure.ShouldBeWithoutAnswer(retryable: true);
        // The connection isn't left behind.
        await endpoint.ScriptEndedAsync(_engine.Token);
    }

    [Fact]
    public async Task RefetchAfter401Fails_Authentication()
    {
        await using var scene = new TokenScene((n, _) => n == 1 ? TokenScene.Token("t1") : TokenScene.Status(500), (_, _) => TokenScene.Status(401));

        var failure = await _engine.FailureAsync(scene.Config);

        failure.Reason.ShouldBe(FailureReason.Authentication);
        scene.Api.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Initialize_TellsItToo()
    {
        await using var scene = new TokenScene((_, _) => TokenScene.Status(500));

        var response = await _engine.InitializeAsync(scene.Config);

        response.Failure.Reason.ShouldBe(FailureReason.Authentication);
        scene.Api.Requests.ShouldBeEmpty();
    }

    private static ActionConfig Config(RawUpstream api, string tokenUrl)
    {
        var config = Configs.Get(api.Url);
        config.Authentication = Methods.OAuth2(tokenUrl, secret: Secret);
        config.Messages = new Messages { FailureMessage = "Sorry." };
        return config;
    }
}
