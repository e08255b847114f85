using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound;

/// <summary>What a failure says, to the caller and to the developer.</summary>
public sealed class FailureMessageTests : IDisposable
{
    private const string Secret = "hunter2";

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<FailureReason, string> Answers => new()
    {
        { FailureReason.HttpStatus, RawUpstream.Response($"no such {Secret}", "text/plain", "404 Not Found") },
        { FailureReason.HttpStatus, $"HTTP/1.1 302 {Secret}\r\nLocation: /{Secret}\r\nContent-Length: 0\r\n\r\n" },
        { FailureReason.Connection, $"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{Secret}" },
        { FailureReason.InvalidResponse, $"{Secret}\r\n\r\n" },
        { FailureReason.InvalidResponse, $"HTTP/1.1 200 OK\r\n{Secret}\r\n\r\n" },
        { FailureReason.InvalidResponse, $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{Secret}\r\n" },
        { FailureReason.InvalidResponse, RawUpstream.Response($"{{\"{Secret}") },
        { FailureReason.InvalidResponse,
            RawUpstream.Response($"{{\"order\": {new string('[', 31)}{new string(']', 31)}}}") },
        { FailureReason.MissingResult, RawUpstream.Response($"{{\"{Secret}\": 1}}") },
        { FailureReason.ResponseTooLarge, RawUpstream.Response(string.Concat(Enumerable.Repeat(Secret, 1_000))) },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task AnyFailure_MessageRenderedAndDetailWithoutValues(FailureReason reason, string answer)
    {
        await using var upstream = RawUpstream.AnsweringOnce(answer);
        var config = Configs.With(HttpMethod.Post, $"{upstream.Url}/{{order}}?o={{order}}").Selecting("order", "$.order", required: true);
        config.Request.Headers.Add(new Header { Name = "X-Order", Value = "{order}" });
        config.Request.JsonBody = "\"{order}\"";
        config.ResponsePolicy = new ResponsePolicy { MaxBodyBytes = 5_000 };
        config.Messages = new Messages { FailureMessage = "Sorry, {{name}}, that didn't work." };
        var values = new Dictionary<string, Value> { ["order"] = Value.ForString(Secret), ["name"] = Value.ForString("Ann") };

        var failure = await _engine.FailureAsync(config, values);

        failure.Reason.ShouldBe(reason);
        failure.Message.ShouldBe("Sorry, Ann, that didn't work.");
        failure.Detail.ShouldNotBeEmpty();
        failure.ToString().ShouldNotContain(Secret);
    }

    [Fact]
    public async Task SpeakNaturally_FailureStillHasItsMessage()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("", status: "500 Oops"));
        var config = Configs.Get(upstream.Url);
        config.Messages = new Messages { SpeakNaturally = true, StartMessage = "Hold on.", FailureMessage = "That didn't work." };

        var events = await _engine.Execute(config).ToListAsync(_engine.Token);

        events.Select(told => told.EventCase).ShouldBe(
            [ExecutionEvent.EventOneofCase.Start, ExecutionEvent.EventOneofCase.Failure]);
        events[0].Start.ShouldBe(new Start { SpeakNaturally = true });
        events[1].Failure.Message.ShouldBe("That didn't work.");
    }

    [Fact]
    public async Task RequiredFieldMissing_NamesPathAndVariable()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{\"order\": {}}"));

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url).Selecting("eta", "$.order.eta", required: true));

        failure.Reason.ShouldBe(FailureReason.MissingResult);
        failure.Detail.ShouldBe(
            "The response has no value at $.order.eta, which the variable 'eta' requires. The body isn't empty, and its content type is application/json.");
        (failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((200, 1, false));
    }

    [Fact]
    public async Task RequiredFieldOfAnEmptyBody_MissingResult()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.1 204 No Content\r\n\r\n");

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url).Selecting("eta", "$.order.eta", required: true));

        (failure.Reason, failure.StatusCode).ShouldBe((FailureReason.MissingResult, 204));
    }
}
