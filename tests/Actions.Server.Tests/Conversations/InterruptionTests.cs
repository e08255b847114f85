using Actions.Server.Tests.History;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Conversations;

public sealed class InterruptionTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CancelledPost_FinishesAndAttachGetsTheRest()
    {
        await using var api = new HeldApi();
        var action = await _server.CreateAsync(Calling.Ordering(api.Url));
        var (stream, id) = await _server.BeginAsync(action.Of(Calling.NewCall()));
        await api.CalledAsync();
        await _server.InterruptAsync(stream, id);

        var attached = _server.Attach(id, after: 1);
        api.Answer();

        var rest = await attached.ReadToEndAsync();
        rest.ShouldHaveSingleItem().Result.Variables["order"].NumberValue.ShouldBe(1);
        rest[0].Sequence.ShouldBe(2);
    }

    [Fact]
    public async Task CancelledPost_IsReplayedToItsRepeat()
    {
        await using var api = new HeldApi();
        var action = await _server.CreateAsync(Calling.Ordering(api.Url));
        var call = Calling.NewCall();
        var (stream, id) = await _server.BeginAsync(action.Of(call));
        await api.CalledAsync();
        await _server.InterruptAsync(stream, id);
        api.Answer();
        (await _server.Attach(id).ReadToEndAsync())[^1].Result.ShouldNotBeNull();

        var repeat = action.Of(call);
        repeat.ToolCallId = "another";
        var events = await _server.ExecuteAsync(repeat);

        events.Count.ShouldBe(2);
        events[1].Result.Replayed.ShouldBeTrue();
        events[1].Result.ReplayedExecutionId.ShouldBe(id);
        events[1].Result.Variables["order"].NumberValue.ShouldBe(1);
        api.Count.ShouldBe(1);
    }

    [Fact]
    public async Task CancelledGet_AbortsTheHttpCall()
    {
        await using var api = new HeldApi();
        var action = await _server.CreateAsync(AnAction.Calling(api.Url));
        var (stream, id) = await _server.BeginAsync(action.Of(Calling.NewCall()));
        await api.CalledAsync();

        stream.Dispose();

        await api.ClosedAsync();
        var last = (await _server.Attach(id).ReadToEndAsync())[^1];
        last.Failure.Reason.ShouldBe(FailureReason.Aborted);
        // A read that nobody gets makes no difference.
        last.Failure.OutcomeUnknown.ShouldBeFalse();
    }

    [Fact]
    public async Task ListenersThatLeaveAndCome_AreInTheHistory()
    {
        await using var api = new HeldApi();
        await using var server = await RunningServer.StartAsync();
        var action = await server.CreateAsync(Calling.Ordering(api.Url));
        var (stream, id) = await server.BeginAsync(action.Of(Calling.NewCall()));
        await api.CalledAsync();
        await server.InterruptAsync(stream, id);
        var attached = server.Attach(id);
        (await attached.ResponseStream.MoveNext(Token)).ShouldBeTrue();

        api.Answer();
        await attached.ReadToEndAsync();

        var record = await new Records(server).SingleAsync();
        record.State.ShouldBe(ExecutionState.Succeeded);
        record.Events.Select(told => told.Kind).ShouldBe(
        [
            RecordedEventKind.Start, RecordedEventKind.ListenerLeft, RecordedEventKind.ListenerCame,
            RecordedEventKind.Result,
        ]);
    }

    [Fact]
    public async Task CancelledAttach_EndsNothing()
    {
        await using var api = new HeldApi();
        var action = await _server.CreateAsync(AnAction.Calling(api.Url));
        var (stream, id) = await _server.BeginAsync(action.Of(Calling.NewCall()));
        await api.CalledAsync();
        var attached = _server.Attach(id);
        (await attached.ResponseStream.MoveNext(Token)).ShouldBeTrue();

        attached.Dispose();
        api.Answer();

        (await stream.ReadToEndAsync())[^1].Result.ShouldNotBeNull();
    }

    [Fact]
    public async Task TwoWhoAttach_GetTheSameEventsAsTheFirst()
    {
        await using var api = new HeldApi();
        var config = Calling.Ordering(api.Url);
        config.Messages = new()
        {
            DelayMessage = "One moment.",
            DelayThreshold = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100)),
            DelayRepeatInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
        };
        var action = await _server.CreateAsync(config);
        var (stream, id) = await _server.BeginAsync(action.Of(Calling.NewCall()));
        using (stream)
        {
            (await stream.NextAsync()).Delay.ShouldNotBeNull();
            var (early, late) = (_server.Attach(id), _server.Attach(id, after: 2));
            (await early.ResponseStream.MoveNext(Token)).ShouldBeTrue();
            early.ResponseStream.Current.Event.Start.ShouldNotBeNull();

            api.Answer();

            var rest = await stream.ReadToEndAsync();
            (await early.ReadToEndAsync()).Skip(1).ShouldBe(rest);
            (await late.ReadToEndAsync()).ShouldBe(rest);
        }
    }

    [Fact]
    public async Task ListenerThatDoesNotRead_HoldsUpNobody()
    {
        var body = RawUpstream.Response(new string('x', 900_000), "text/plain");
        await using var api = new HeldApi(_ => body);
        var action = await _server.CreateAsync(new()
        {
            Name = AnAction.FreeName(),
            Request = new() { Method = V1.HttpMethod.Post, Url = api.Url },
        });
        var (slow, id) = await _server.BeginAsync(action.Of(Calling.NewCall()));
        await api.CalledAsync();
        var quick = _server.Attach(id);
        api.Answer();

        var events = await quick.ReadToEndAsync();
        events[^1].Result.ShouldNotBeNull(events[^1].ToString()).Body.Length.ShouldBe(900_000);
        using (slow)
            (await slow.ReadToEndAsync()).ShouldHaveSingleItem().Result.Body.Length.ShouldBe(900_000);
    }

    [Fact]
    public async Task UnknownExecution_IsNotFound()
    {
        var refusal = await Refusal.OfAsync(_server.Attach("0190163d8694739baea5966c26f8ad91"));

        refusal.ShouldBe(
            Grpc.Core.StatusCode.NotFound,
            "ERROR_REASON_EXECUTION_NOT_FOUND",
            ("id", "0190163d8694739baea5966c26f8ad91"));
    }

    [Fact]
    public async Task ExecutionWithoutACall_IsNotFound()
    {
        await using var api = new HeldApi();
        var action = await _server.CreateAsync(Calling.Ordering(api.Url));
        var (stream, id) = await _server.BeginAsync(new() { Id = action.Id });
        using (stream)
            (await Refusal.OfAsync(_server.Attach(id))).Reason.ShouldBe("ERROR_REASON_EXECUTION_NOT_FOUND");
    }

    [Fact]
    public async Task InterruptionBeyondTheLimit_Aborts()
    {
        await using var api = new HeldApi();
        await using var server = await RunningServer.StartAsync(new() { ["Calls:MaxDetached"] = "1" });
        var action = await server.CreateAsync(Calling.Ordering(api.Url));
        var (first, id) = await server.BeginAsync(action.Of(Calling.NewCall()));
        var (second, other) = await server.BeginAsync(action.Of(Calling.NewCall()));
        await api.CalledAsync();
        await api.CalledAsync();
        await server.InterruptAsync(first, id);

        second.Dispose();

        (await server.Attach(other).ReadToEndAsync())[^1].Failure.Reason.ShouldBe(FailureReason.Aborted);
        server.Log.ShouldContain(line => line.Contains(other) && line.Contains("Calls:MaxDetached"));
        api.Answer(2);
        (await server.Attach(id).ReadToEndAsync())[^1].Result.ShouldNotBeNull();
    }
}
