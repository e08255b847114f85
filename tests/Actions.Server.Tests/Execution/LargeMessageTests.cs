using System.Text;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Execution;

/// <summary>No response is larger than what a gRPC client accepts by default, 4 MiB.</summary>
public sealed class LargeMessageTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const int ClientsLimit = 4 << 20;

    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Bodies => new()
    {
        { "quotes", new string('\'', 1_048_500) },
        { "letters", new string('x', 1_048_500) },
        { "wide letters", new string('訂', 349_500) },
        { "double quotes", new string('"', 1_048_500) },
        { "line feeds", new string('\n', 1_048_500) },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task DryRunOfALargeBody_Shown(string what, string body)
    {
        var action = await _server.CreateAsync(Posting("https://api.example.com/"));

        var events = await _server.ExecuteAsync(new() { Id = action.Id, DryRun = true, Variables = { Parts(body) } });

        var shown = events[^1].Result.RenderedRequest;
        shown.Body.ShouldBe(body, what);
        shown.CalculateSize().ShouldBeLessThan(3_000_001);
        // A curl command is either whole or left out.
        (shown.Curl.Length == 0).ShouldBe(body.Contains('\''), what);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task InitializeWithALargeBodyAndALargeSample_Shown(string what, string body)
    {
        // The sample is as large as it gets: many long paths with values.
        var members = Enumerable.Range(0, 480).Select(i => $"\"k{i}\":[{i},{{\"n\":\"{new string('v', 60)}\"}}]");
        var answer = $"{{\"{new string('訂', 300)}\": {{{string.Join(',', members)}}}}}";
        await using var api = RawUpstream.Answering(RawUpstream.Response(answer));
        var action = await _server.CreateAsync(Posting(api.Url));
        for (var i = 0; i < 60; i++)
            action.Request.Headers.Add(new Header { Name = $"X-{i}", Value = new string('h', 4_000) });
        action = await _server.UpdateAsync(action, "request.headers");

        var response = await _server.Configs.InitializeAsync(
            new() { Id = action.Id, Variables = { Parts(body) } }, cancellationToken: Token);

        response.CalculateSize().ShouldBeLessThan(ClientsLimit, what);
        response.Request.Body.ShouldBe(body, what);
        response.Sample.Fields.Count.ShouldBeGreaterThan(100);
        (await _server.GetAsync(action.Id)).CalculateSize().ShouldBeLessThan(ClientsLimit);
    }

    [Fact]
    public async Task LargerThanAnyMessage_BodyCutWithAMark()
    {
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Engine:MaxRenderedBodyBytes"] = "67108864",
            ["Engine:MaxVariableBytes"] = "3145728",
        });
        var action = Posting("https://api.example.com/");
        action.Request.TextBody.Text = "{part0}{part0}";
        action = await server.CreateAsync(action);

        var variables = Parts("");
        variables["part0"] = Value.ForString(new string('ä', 1_000_000));
        var events = await server.ExecuteAsync(new() { Id = action.Id, DryRun = true, Variables = { variables } });

        var shown = events[^1].Result.RenderedRequest;
        shown.CalculateSize().ShouldBeLessThan(3_000_001);
        shown.Body.ShouldStartWith("ää");
        var missing = 4_000_000 - Encoding.UTF8.GetByteCount(shown.Body.Split('…')[0]);
        shown.Body.ShouldEndWith($"ä… ({missing} more bytes)");
    }

    [Theory]
    [InlineData(400_000, true)]
    [InlineData(1_048_576, false)]
    public async Task WideText_SavedOnlyIfItCanBeSent(int bytes, bool fits)
    {
        var action = Posting("https://api.example.com/");
        action.Request.TextBody.Text = new string('訂', fits ? bytes / 3 : 512 << 10);

        var call = _server.Configs.CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: Token);

        if (fits)
            (await call).ActionConfig.Id.ShouldNotBeEmpty();
        else
            (await Refusal.OfAsync(call)).ShouldBeViolationOf("action_config.request.text_body.text");
    }

    private static ActionConfig Posting(string url)
    {
        var action = AnAction.Calling(url);
        action.Request.Method = V1.HttpMethod.Post;
        var text = string.Concat(Enumerable.Range(0, 5).Select(i => $"{{part{i}}}"));
        action.Request.TextBody = new TextBody { Text = text, ContentType = "text/plain" };
        action.Variables.Add(Enumerable.Range(0, 5).Select(i => new Variable { Name = $"part{i}" }));
        return action;
    }

    /// <summary>A value may have 256 KiB.</summary>
    private static Dictionary<string, Value> Parts(string body)
    {
        var parts = body.Chunk((body.Length / 5) + 1).Select(part => Value.ForString(new string(part))).ToList();
        return Enumerable.Range(0, 5).ToDictionary(
            i => $"part{i}", i => i < parts.Count ? parts[i] : Value.ForString(""));
    }
}
