using Actions.Engine.Tests.Outbound.Authentication;
using Actions.V1;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound;

/// <summary>What tells who sends stays with the origin that it was meant for.</summary>
public sealed class RedirectCredentialTests : IDisposable
{
    private const string Secret = "hunter2";

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, V1.Authentication> Kinds => new()
    {
        { "X-Api-Key", Methods.ApiKey("X-Api-Key", Secret) },
        // Names that are otherwise harmless.
        { "User-Agent", Methods.ApiKey("User-Agent", Secret) },
        { "accept-language", Methods.ApiKey("accept-language", Secret) },
        { "Idempotency-Key", Methods.ApiKey("Idempotency-Key", Secret) },
        { "Authorization", Methods.Bearer(Secret) },
        { "authorization", Methods.Basic("user", Secret) },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task SameOrigin_KeepsTheCredential(string header, V1.Authentication authentication)
    {
        await using var api = RawUpstream.Answering(request => request.Path == "/" ? Moved("/there") : RawUpstream.Response("{}"));

        await _engine.ResultAsync(Following(api, authentication));

        api.Requests.Last().Target.ShouldBe("/there");
        api.Requests.Last().Header(header).ShouldBe(api.Requests.First().Header(header));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task OtherPort_DropsTheCredential(string header, V1.Authentication authentication)
    {
        await using var elsewhere = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var api = RawUpstream.Answering(Moved($"{elsewhere.Url}/there"));

        await _engine.ResultAsync(Following(api, authentication));

        api.Requests.Single().Header(header).ShouldNotBeNull();
        elsewhere.Requests.Single().All(header).ShouldBeEmpty();
        elsewhere.Requests.Single().Headers.ShouldAllBe(sent => !sent.Value.Contains(Secret));
    }

    [Theory]
    [InlineData("ApiKey")]
    [InlineData("Bearer")]
    public async Task OtherPort_DropsTheCredentialInTheQuery(string kind)
    {
        await using var elsewhere = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var api = RawUpstream.Answering(Moved($"{elsewhere.Url}/there?x=1"));

        await _engine.ResultAsync(Following(
            api, kind == "ApiKey" ? Methods.ApiKey("k", Secret, Location.Query) : Methods.Bearer(Secret, Location.Query)));

        api.Requests.Single().Query!.ShouldContain(Secret);
        elsewhere.Requests.Single().Target.ShouldBe("/there?x=1");
    }

    [Fact]
    public async Task OtherHostName_IsAnotherOrigin()
    {
        await using var api = RawUpstream.Answering(
            request => request.Path == "/" ? Moved($"http://localhost:{request.Header("Host")!.Split(':')[1]}/there") : RawUpstream.Response("{}"));

        await _engine.ResultAsync(Following(api, Methods.Bearer(Secret)));

        api.Requests.Last().Header("Host")!.ShouldStartWith("localhost:");
        api.Requests.Last().All("Authorization").ShouldBeEmpty();
    }

    [Fact]
    public async Task BackToTheFirstOrigin_CredentialIsGone()
    {
        RawUpstream? api = null;
        await using var elsewhere = RawUpstream.Answering(_ => Moved($"{api!.Url}/back"));
        await using var first = api = RawUpstream.Answering(
            request => request.Path == "/" ? Moved($"{elsewhere.Url}/there") : RawUpstream.Response("{}"));

        await _engine.ResultAsync(Following(api, Methods.Bearer(Secret)));

        api.Requests.Last().Target.ShouldBe("/back");
        api.Requests.Last().All("Authorization").ShouldBeEmpty();
    }

    [Fact]
    public async Task OtherOrigin_GetsOnlyHarmlessHandWrittenHeaders()
    {
        await using var elsewhere = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var api = RawUpstream.Answering(Moved($"{elsewhere.Url}/there", 307));
        var config = Following(api, null);
        config.Request.Method = HttpMethod.Post;
        config.Request.JsonBody = "{}";
        foreach (var name in (string[])["Authorization", "Cookie", "X-Auth-Token", "X-Customer", "apikey", "Accept-Language", "Referer", "From"])
            config.Request.Headers.Add(new Header { Name = name, Value = Secret });

        var outcome = await _engine.OutcomeAsync(config, idempotencyKey: "once");

        outcome.Result.ShouldNotBeNull(outcome.ToString());
        var sent = elsewhere.Requests.Single();
        sent.Headers.Select(header => header.Key).Order(StringComparer.Ordinal).ShouldBe(
            ["Accept", "Accept-Encoding", "Accept-Language", "Content-Length", "Content-Type", "Host", "Idempotency-Key", "User-Agent"]);
        (sent.Method, sent.Text, sent.Header("Idempotency-Key")).ShouldBe(("POST", "{}", "once"));
    }

    [Fact]
    public async Task OAuthToken_StaysWithItsOrigin()
    {
        await using var elsewhere = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var scene = new TokenScene(call: (_, _) => Moved($"{elsewhere.Url}/there"));
        scene.Config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 1 };

        await _engine.ResultAsync(scene.Config);

        elsewhere.Requests.Single().All("Authorization").ShouldBeEmpty();
    }

    private static string Moved(string location, int status = 302) =>
        $"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n";

    private static ActionConfig Following(RawUpstream api, V1.Authentication? authentication)
    {
        var config = Configs.Get(api.Url);
        config.Authentication = authentication;
        config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 3 };
        return config;
    }
}
