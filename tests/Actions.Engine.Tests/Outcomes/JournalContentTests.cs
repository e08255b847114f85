using Actions.Engine.Executions;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.V1;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outcomes;

/// <summary>What a journal shows of the request and of the response's body.</summary>
public sealed class JournalContentTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task RequestWithoutContent_NoValueOfAnything()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));

        var journal = await RunAsync(Booking(api), new ExecutionJournal());
        var request = journal.Request(withContent: false).ShouldNotBeNull();

        (request.Method, request.Url).ShouldBe((HttpMethod.Post, $"{api.Url}/guests/{{guest}}/bookings"));
        request.Headers.ShouldAllBe(header => header.Value.Length == 0);
        request.Headers.Select(header => header.Name).ShouldBe(
            ["X-Guest", "Accept", "Accept-Encoding", "User-Agent", "Content-Type", "Authorization"]);
        (request.Body, request.Curl).ShouldBe(("", ""));
    }

    [Fact]
    public async Task RequestWithContent_AsSentWithMasks()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));

        var journal = await RunAsync(Booking(api), new ExecutionJournal());
        var request = journal.Request(withContent: true).ShouldNotBeNull();

        request.Url.ShouldBe($"{api.Url}/guests/Ada%20L/bookings?page=7");
        request.Body.ShouldBe("""{"pin":"MASKED","guest":"Ada L"}""");
        request.Headers.Single(header => header.Name == "Authorization").Value.ShouldBe("Bearer MASKED");
        request.Headers.Single(header => header.Name == "X-Guest").Value.ShouldBe("Ada L");
        request.ToString().ShouldNotContain("749201");
    }

    [Theory]
    [InlineData("200 OK", FailureReason.Unspecified)]
    [InlineData("404 Nothing", FailureReason.HttpStatus)]
    public async Task ResponseBody_MaskedIfItWasAskedFor(string status, FailureReason reason)
    {
        await using var api = RawUpstream.Answering(
            RawUpstream.Response("""{"echo":"749201","token":"very-secret"}""", status: status));

        var journal = await RunAsync(Booking(api), new ExecutionJournal { KeepsBody = true });

        var (bytes, isCut, type) = journal.ResponseBody.ShouldNotBeNull();
        System.Text.Encoding.UTF8.GetString(bytes.Span).ShouldBe("""{"echo":"MASKED","token":"MASKED"}""");
        (isCut, type, journal.Attempts.Single().Reason).ShouldBe((false, "application/json", reason));
        (await RunAsync(Booking(api), new ExecutionJournal())).ResponseBody.ShouldBeNull();
    }

    [Fact]
    public async Task LongResponseBody_CutAtTheLimit()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(new string('x', 200_000), "text/plain"));

        var (bytes, isCut, _) =
            (await RunAsync(Booking(api), new ExecutionJournal { KeepsBody = true })).ResponseBody.ShouldNotBeNull();

        (bytes.Length, isCut).ShouldBe((64 << 10, true));
    }

    [Fact]
    public async Task SensitiveResult_NoBodyIsKept()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"pin":"12"}"""));
        var config = Booking(api).Selecting("pin_of_card", "$.pin");
        config.Results[0].Sensitive = true;

        (await RunAsync(config, new ExecutionJournal { KeepsBody = true })).ResponseBody.ShouldBeNull();
    }

    private static ActionConfig Booking(RawUpstream api)
    {
        var config = Configs.With(HttpMethod.Post, $"{api.Url}/guests/{{{{guest}}}}/bookings?page={{{{page}}}}");
        config.Request.JsonBody = """{"pin":"{{pin}}","guest":"{{guest}}"}""";
        config.Request.Headers.Add(new Header { Name = "X-Guest", Value = "{{guest}}" });
        config.Variables.Add(new Variable { Name = "pin", Sensitive = true });
        config.Authentication = Methods.Bearer("very-secret");
        return config;
    }

    private async Task<ExecutionJournal> RunAsync(ActionConfig config, ExecutionJournal journal)
    {
        var values = Configs.Values(("guest", "Ada L"), ("page", "7"), ("pin", "749201"));
        var input = new ExecutionInput("tests", values) { Journal = journal };
        await _engine.Engine.ExecuteAsync(_engine.Compile(config), input, _engine.Token).LastAsync(_engine.Token);
        return journal;
    }
}
