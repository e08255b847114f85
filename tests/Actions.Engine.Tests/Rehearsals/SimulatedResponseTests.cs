using System.IO.Compression;
using System.Text;
using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;
using static Actions.Engine.Tests.Rehearsals.Rehearsal;

namespace Actions.Engine.Tests.Rehearsals;

/// <summary>A simulated response is read, judged and retried as a real one is, each at its own moment.</summary>
public sealed class SimulatedResponseTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;
    private readonly Rehearsal _rehearsal;

    public SimulatedResponseTests()
    {
        // No retry is free for real executions.
        _engine = new EngineUnderTest(_clock, new EngineOptions { RetryBudgetFreeExecutions = 0 });
        _rehearsal = new Rehearsal(_engine, _clock);
    }

    private static ActionConfig Order => Configs.Get("http://127.0.0.1:9009/orders").Selecting("status", "$.status");

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Answer_ReadAtItsLatencyAndEveryEventMarked()
    {
        var events = await _rehearsal.PlayAsync(Order, After(1_234, Json("""{"status": "sent"}""")));

        events.Select(At).ShouldBe(["Start at 0", "Result at 1234"]);
        events.ShouldAllBe(told => told.Simulated);
        events[1].Result.Variables["status"].StringValue.ShouldBe("sent");
        events[1].Result.ContentType.ShouldBe("application/json");
        events[1].Result.Attempts.ShouldBe(1);
    }

    [Fact]
    public async Task CompressedBodyInAnotherCharset_Decoded()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.Latin1.GetBytes("""{"status": "übergeben"}"""));
        var response = Status(
            200, ("Content-Type", "application/json; charset=iso-8859-1"), ("Content-Encoding", "gzip"));
        response.Body = ByteString.CopyFrom(packed.ToArray());

        var events = await _rehearsal.PlayAsync(Order, After(0, response));

        events[^1].Result.Variables["status"].StringValue.ShouldBe("übergeben");
    }

    [Fact]
    public async Task SlowAnswer_DelaysInBetween()
    {
        var action = Order;
        action.Messages = new() { DelayMessage = "Still looking.", DelayRepeatInterval = Milliseconds(1_500) };

        var events = await _rehearsal.PlayAsync(action, After(4_000, Json("{}")));

        events.Select(At).ShouldBe(["Start at 0", "Delay at 2000", "Delay at 3500", "Result at 4000"]);
        events.ShouldAllBe(told => told.Simulated);
    }

    [Fact]
    public async Task OneResponseForEachAttempt_RetriedWhenTheApiAsks()
    {
        var events = await _rehearsal.PlayAsync(
            Retrying(3), After(100, Status(503, ("Retry-After", "2"))), After(50, Json("""{"status": "sent"}""")));

        events.Select(At).ShouldBe(["Start at 0", "Retry at 2100", "Result at 2150"]);
        events.ShouldAllBe(told => told.Simulated);
        (events[1].Retry.Reason, events[1].Retry.StatusCode).ShouldBe((FailureReason.HttpStatus, 503));
        events[2].Result.Attempts.ShouldBe(2);
    }

    [Fact]
    public async Task FewerResponsesThanAttempts_TheLastStandsForTheRest()
    {
        var events = await _rehearsal.PlayAsync(Retrying(4), After(0, Status(502)), After(10, Status(503)));

        events.Select(told => told.EventCase).ShouldBe([Kind.Start, Kind.Retry, Kind.Retry, Kind.Retry, Kind.Failure]);
        events.Skip(1).SkipLast(1).Select(told => told.Retry.StatusCode).ShouldBe([502, 503, 503]);
        (events[^1].Failure.StatusCode, events[^1].Failure.Attempts).ShouldBe((503, 4));
    }

    [Fact]
    public async Task LatencyBeyondTheTimeout_TimeoutWhileWaiting()
    {
        var action = Order;
        action.Request.Timeout = Milliseconds(1_000);

        var events = await _rehearsal.PlayAsync(action, After(1_001, Json("{}")));

        events.Select(At).ShouldBe(["Start at 0", "Failure at 1000"]);
        (events[1].Failure.Reason, events[1].Failure.Stage).ShouldBe((FailureReason.Timeout, FailureStage.Wait));
    }

    [Fact]
    public async Task OutcomeUnset_EmptySuccess()
    {
        var events = await _rehearsal.PlayAsync(Configs.Get("http://127.0.0.1:9009/"), new SimulatedAttempt());

        events[^1].Result.StatusCode.ShouldBe(200);
    }

    [Fact]
    public async Task HeaderBeyondAscii_ReadAsRealOnesAre()
    {
        var action = Configs.Get("http://127.0.0.1:9009/");
        action.Results.Add(new ResultField { Variable = "where", Source = "header:X-Where" });

        var events = await _rehearsal.PlayAsync(action, After(0, Status(200, ("X-Where", "Zürich"))));

        events[^1].Result.Variables["where"].StringValue.ShouldBe("Zürich");
    }

    [Theory]
    [InlineData(0, "/new", FailureReason.HttpStatus, "It is followed only if")]
    [InlineData(1, "/new", FailureReason.InvalidResponse, "its target isn't called in a simulation")]
    [InlineData(1, "http://10.0.0.7/", FailureReason.BlockedAddress, "")]
    [InlineData(1, "ftp://127.0.0.1/", FailureReason.InvalidResponse, "isn't an http or https address")]
    public async Task Redirect_SaysWhatAFollowerMeets(int followed, string to, FailureReason reason, string detail)
    {
        var action = Configs.Get("http://127.0.0.1:9009/");
        action.ResponsePolicy = new() { MaxRedirects = followed };

        var events = await _rehearsal.PlayAsync(action, After(0, Status(302, ("Location", to))));

        events[^1].Failure.Reason.ShouldBe(reason);
        events[^1].Failure.Detail.ShouldContain(detail);
    }

    [Fact]
    public async Task UrlThatTheSettingsRefuse_BlockedAsEver()
    {
        var action = Configs.Get("http://127.0.0.1:9009/");
        var plan = _engine.Compile(action);
        using var strict = new EngineUnderTest(_clock, guard: Outbound.Guard.Guards.With(new() { AllowHttp = true }));

        var events = await new Rehearsal(strict, _clock).PlayAsync(plan, After(0, Status(200)));

        var failure = events[^1].Failure;
        (failure.Reason, failure.Stage).ShouldBe((FailureReason.BlockedAddress, FailureStage.Guard));
    }

    [Fact]
    public async Task ManyFailures_RealCallsStillPass()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var plan = _engine.Compile(Configs.Get(api.Url));
        for (var i = 0; i < 30; i++)
            (await _rehearsal.PlayAsync(plan, After(0, SimulatedFault.Refused)))[^1].Failure.Attempts.ShouldBe(1);
        api.Requests.ShouldBeEmpty();

        var input = new Executions.ExecutionInput("tests", new Dictionary<string, Value>());
        var told = await _engine.Engine.ExecuteAsync(plan, input, _engine.Token).LastAsync(_engine.Token);

        told.Result.StatusCode.ShouldBe(200);
        told.Simulated.ShouldBeFalse();
    }

    [Fact]
    public async Task ActionWithAToken_NoneFetched()
    {
        await using var tokens = RawUpstream.Answering(
            RawUpstream.Response("""{"access_token": "t", "token_type": "bearer"}"""));
        var action = Order;
        action.Authentication = new()
        {
            Oauth2ClientCredentials = new()
            {
                TokenUrl = $"{tokens.Url}/token",
                ClientId = "id",
                ClientSecret = new() { Plaintext = "a secret of some length" },
            },
        };

        (await _rehearsal.PlayAsync(action, After(0, Json("{}"))))[^1].Result.StatusCode.ShouldBe(200);

        tokens.Requests.ShouldBeEmpty();
    }

    private static string At(ExecutionEvent told) =>
        $"{told.EventCase} at {told.Elapsed.ToTimeSpan().TotalMilliseconds}";

    private static ActionConfig Retrying(int attempts)
    {
        var action = Order;
        action.RetryPolicy = new() { MaxAttempts = attempts };
        return action;
    }
}
