using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound.Attempts;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Lines;

/// <summary>Beyond the concurrency limit of a host a call waits for its turn.</summary>
public sealed class LineTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task PlaceBecomesFree_WaitersComeInOrder()
    {
        await using var scene = new LineScene(new EngineOptions { MaxCallsPerHost = 1 });
        var plan = scene.Plan();
        var all = new List<Task<ExecutionEvent>> { await scene.HoldAsync(plan) };
        for (var i = 1; i <= 9; i++)
            all.Add(await scene.WaitAsync(plan, $"{i}", i));
        scene.Api.Requests.Count.ShouldBe(1);

        scene.Answer(10);

        (await Task.WhenAll(all)).ShouldAllBe(outcome => outcome.Result != null);
        scene.Targets.ShouldBe(["/held", "/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9"]);
    }

    [Fact]
    public async Task BusyAction_HoldsBackNoOther()
    {
        await using var scene = new LineScene(new EngineOptions { MaxCallsPerHost = 1 });
        var (busy, other) = (scene.Plan(), scene.Plan());
        var all = new List<Task<ExecutionEvent>> { await scene.HoldAsync(busy) };
        for (var i = 1; i <= 5; i++)
            all.Add(await scene.WaitAsync(busy, $"busy{i}", i));
        all.Add(await scene.WaitAsync(other, "other1", 6));
        all.Add(await scene.WaitAsync(other, "other2", 7));

        scene.Answer(8);

        await Task.WhenAll(all);
        scene.Targets.ShouldBe(
            ["/held", "/busy1", "/other1", "/busy2", "/other2", "/busy3", "/busy4", "/busy5"]);
    }

    [Fact]
    public async Task LineIsFull_OverloadedAtOnce()
    {
        await using var scene = new LineScene(new EngineOptions { MaxCallsPerHost = 1, MaxLineLength = 2 });
        var plan = scene.Plan();
        var held = await scene.HoldAsync(plan);
        var (first, second) = (await scene.WaitAsync(plan, "1", 1), await scene.WaitAsync(plan, "2", 2));

        var failure = (await scene.RunAsync(plan, "3")).Failure;

        (failure.Reason, failure.Stage, failure.Attempts, failure.Retryable).ShouldBe(
            (FailureReason.Overloaded, FailureStage.Queue, 1, true));
        failure.Detail.ShouldBe("Too many calls to this host are in flight: 1, and 2 more wait, which is the limit.");
        scene.Clock.Now.ShouldBe(TimeSpan.Zero);
        scene.Answer(3);
        (await Task.WhenAll(held, first, second)).ShouldAllBe(outcome => outcome.Result != null);
    }

    [Theory]
    [InlineData(10_000, 5_000)]
    [InlineData(4_000, 3_000)]
    [InlineData(100, 75)]
    public async Task TurnDoesNotCome_OverloadedWhileThereIsTimeForACall(int timeout, int patience)
    {
        await using var scene = new LineScene(new EngineOptions { MaxCallsPerHost = 1 });
        var held = await scene.HoldAsync(scene.Plan(
            config => config.Request.Timeout = Duration.FromTimeSpan(Second * 60)));
        var waiting = await scene.WaitAsync(
            scene.Plan(config => config.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(timeout))),
            "late",
            1);
        scene.Clock.Advance(TimeSpan.FromMilliseconds(patience) - TimeSpan.FromTicks(1));
        waiting.IsCompleted.ShouldBeFalse();

        scene.Clock.Advance(TimeSpan.FromTicks(1));

        var failure = (await waiting).Failure;
        (failure.Reason, failure.Stage, failure.Retryable).ShouldBe(
            (FailureReason.Overloaded, FailureStage.Queue, true));
        failure.Detail.ShouldBe(
            $"Too many calls to this host are in flight: 1, and this one has waited {patience} ms in a line of 1.");
        scene.Answer();
        (await held).Result.ShouldNotBeNull();
        scene.Targets.ShouldBe(["/held"]);
    }

    [Fact]
    public async Task StartTookTheTime_OverloadedAtOnceInsteadOfATimeout()
    {
        await using var scene = new LineScene(new EngineOptions { MaxCallsPerHost = 1 });
        var held = await scene.HoldAsync(scene.Plan(
            config => config.Request.Timeout = Duration.FromTimeSpan(Second * 60)));
        await using var late = scene.Events(scene.Plan(), "late").GetAsyncEnumerator(scene.Engine.Token);
        await late.MoveNextAsync();
        scene.Clock.Advance(Second * 8);

        await late.MoveNextAsync();

        late.Current.Failure.Reason.ShouldBe(FailureReason.Overloaded);
        late.Current.Failure.Detail.ShouldEndWith("this one has waited 0 ms in a line of 1.");
        scene.Answer();
        await held;
    }

    [Fact]
    public async Task WaiterIsCancelled_LeavesAtOnceAndTheNextMovesUp()
    {
        await using var scene = new LineScene(new EngineOptions { MaxCallsPerHost = 1 });
        using var cancel = new CancellationTokenSource();
        var plan = scene.Plan();
        var held = await scene.HoldAsync(plan);
        var gone = await scene.WaitAsync(plan, "gone", 1, cancel.Token);
        var next = await scene.WaitAsync(plan, "next", 2);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(gone);
        await scene.Watch.UntilAsync(1, scene.Engine.Token);
        scene.Answer(2);
        (await Task.WhenAll(held, next)).ShouldAllBe(outcome => outcome.Result != null);
        scene.Targets.ShouldBe(["/held", "/next"]);
    }

    [Fact]
    public async Task CallsAreCancelledAtAnyMoment_NoPlaceIsLost()
    {
        using var engine = new EngineUnderTest(options: new EngineOptions { MaxCallsPerHost = 1 });
        await using var api = RawUpstream.Answering(Answers.Ok);
        var config = Configs.Get(api.Url);
        for (var round = 0; round < 100; round++)
        {
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(engine.Token);
            var all = Enumerable.Range(0, 3).Select(_ => engine.Execute(config, cancellationToken: cancel.Token)
                .LastAsync(CancellationToken.None).AsTask()).ToList();
            // Sometimes one is answered first, sometimes none has begun.
            if (round % 2 == 0)
                await all[0];
            await cancel.CancelAsync();
            foreach (var call in all)
                await Task.WhenAny(call);
        }

        (await engine.OutcomeAsync(config)).Result.ShouldNotBeNull();
    }

    [Fact]
    public async Task Delay_IsToldWhileItWaits()
    {
        await using var scene = new LineScene(new EngineOptions { MaxCallsPerHost = 1 });
        var held = await scene.HoldAsync(scene.Plan());
        await using var waiting = scene.Events(
            scene.Plan(config => config.Messages = new Messages
            {
                StartMessage = "One moment.",
                DelayMessage = "Still looking.",
                DelayThreshold = Duration.FromTimeSpan(Second),
            }),
            "waiting").GetAsyncEnumerator(scene.Engine.Token);
        await waiting.MoveNextAsync();
        waiting.Current.Start.Message.ShouldBe("One moment.");
        var next = waiting.MoveNextAsync().AsTask();
        await scene.Watch.UntilAsync(1, scene.Engine.Token);

        scene.Clock.Advance(Second);

        await next;
        waiting.Current.Delay.Message.ShouldBe("Still looking.");
        scene.Targets.ShouldBe(["/held"]);
        scene.Answer(2);
        await waiting.MoveNextAsync();
        waiting.Current.Result.ShouldNotBeNull();
        await held;
    }

    [Fact]
    public async Task Initialize_WaitsToo()
    {
        await using var scene = new LineScene(new EngineOptions { MaxCallsPerHost = 1 });
        var held = await scene.HoldAsync(scene.Plan());
        var sample = scene.Engine.Engine.InitializeAsync(
            scene.Plan(), new ExecutionInput("tests", Configs.Values(("name", "sample"))), scene.Engine.Token);
        await scene.Watch.UntilAsync(1, scene.Engine.Token);

        scene.Answer(2);

        (await sample).Sample.StatusCode.ShouldBe(200);
        await held;
        scene.Targets.ShouldBe(["/held", "/sample"]);
    }

    [Fact]
    public async Task OtherWorkspace_DoesNotWait()
    {
        await using var scene = new LineScene(new EngineOptions { MaxCallsPerHost = 1 });
        var plan = scene.Plan();
        var held = await scene.HoldAsync(plan);
        var waiting = await scene.WaitAsync(plan, "waiting", 1);

        var other = scene.Engine.Engine.ExecuteAsync(
            plan, new ExecutionInput("other", Configs.Values(("name", "other"))), scene.Engine.Token)
            .LastAsync(scene.Engine.Token).AsTask();
        (await scene.Api.NextRequestAsync(scene.Engine.Token)).Target.ShouldBe("/other");

        scene.Answer(3);
        (await Task.WhenAll(held, waiting, other)).ShouldAllBe(outcome => outcome.Result != null);
    }

    [Fact]
    public async Task BurstBeyondTheLimit_AllAreAnswered()
    {
        const int burst = 200;
        var options = new EngineOptions();
        await using var scene = new LineScene(options);
        var plan = scene.Plan();
        var all = Enumerable.Range(0, burst).Select(i => scene.RunAsync(plan, $"{i}")).ToList();
        for (var i = 0; i < options.MaxCallsPerHost; i++)
            await scene.Api.NextRequestAsync(scene.Engine.Token);
        await scene.Watch.UntilAsync(burst - options.MaxCallsPerHost, scene.Engine.Token);

        scene.Clock.Advance(TimeSpan.FromMilliseconds(500));
        scene.Answer(burst);

        (await Task.WhenAll(all)).ShouldAllBe(outcome => outcome.Result != null);
    }
}
