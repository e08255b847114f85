using Actions.Engine.Tests.Execution;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests;

/// <summary>The rules of the event stream, one by one, to the tick.</summary>
public sealed class ActionEngineStreamTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public Task Start_ToldBeforeTheApiIsCalled() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 0);

        var start = await telling.NextAsync();

        start!.Start.ShouldBe(new Start { Message = "One moment." });
        (start.Sequence, start.Elapsed).ShouldBe((1, Milliseconds(0)));
        telling.Api.Calls.ShouldBe(0);

        await telling.AskAsync();
        telling.Api.Calls.ShouldBe(1);
    });

    [Fact]
    public Task AnsweredBeforeTheThreshold_NoDelay() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 1_999);

        (await telling.ToEndAsync()).ShouldBe(["1 Start at 0 ms", "2 Result at 1999 ms"]);
    });

    [Fact]
    public Task AtTheThreshold_DelayAndNotATickEarlier() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 5_000);
        await telling.NextAsync();
        await telling.AskAsync();

        await telling.AdvanceToAsync(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1));
        telling.HasAnswer.ShouldBeFalse();
        await telling.AdvanceToAsync(TimeSpan.FromSeconds(2));

        var delay = await telling.AnswerAsync();
        delay!.Delay.ShouldBe(new Delay { Message = "Still looking.", Ordinal = 1 });
        (delay.Sequence, delay.Elapsed).ShouldBe((2, Milliseconds(2_000)));
        (await telling.ToEndAsync()).ShouldBe(["3 Result at 5000 ms"]);
    });

    [Fact]
    public Task ThresholdBetweenTheTimersTicks_StillNotEarlier() => Telling.RunAsync(async () =>
    {
        var threshold = new Duration { Nanos = 1_500_400 };
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 50, new Messages { DelayThreshold = threshold });
        await telling.NextAsync();

        var delay = await telling.NextAsync();

        delay!.Elapsed.ToTimeSpan().ShouldBeGreaterThanOrEqualTo(threshold.ToTimeSpan());
        delay.Elapsed.ToTimeSpan().ShouldBeLessThan(TimeSpan.FromMilliseconds(3));
    });

    [Fact]
    public Task NoRepeatInterval_OneDelayOnly() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 9_000);

        (await telling.ToEndAsync()).ShouldBe(["1 Start at 0 ms", "2 Delay at 2000 ms", "3 Result at 9000 ms"]);
    });

    [Fact]
    public Task RepeatInterval_DelaysCountUpWhileTheCallLasts() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.AnswerWithAnError, takes: 4_100, Telling.Repeating(threshold: 2_000, every: 1_000));
        await telling.NextAsync();

        foreach (var ordinal in Enumerable.Range(1, 3))
        {
            var delay = await telling.NextAsync();
            (delay!.Delay.Ordinal, delay.Elapsed).ShouldBe((ordinal, Milliseconds(1_000 + (ordinal * 1_000))));
        }

        (await telling.ToEndAsync()).ShouldBe(["5 Failure at 4100 ms"]);
    });

    [Fact]
    public Task RepeatInterval_CountsFromWhenTheDelayWasReallyTold() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 9_000, Telling.Repeating(threshold: 1_000, every: 2_000));
        await telling.NextAsync();
        await telling.AskAsync();
        await telling.AdvanceAsync(1_000);
        (await telling.AnswerAsync())!.Delay.Ordinal.ShouldBe(1);

        // Writing the first one takes 3.5 s: the second, due at 3 s, comes when it is asked for.
        await telling.AdvanceAsync(3_500);

        (await telling.ToEndAsync()).ShouldBe(["3 Delay at 4500 ms", "4 Delay at 6500 ms", "5 Delay at 8500 ms", "6 Result at 9000 ms"]);
    });

    [Fact]
    public Task NoDelayMessageAndNoThreshold_NoDelay() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 9_999, new Messages());

        (await telling.ToEndAsync()).ShouldBe(["1 Start at 0 ms", "2 Result at 9999 ms"]);
    });

    [Fact]
    public Task DelayDueWhileTheConsumerIsBusy_DroppedOnceTheOutcomeIsKnown() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 2_500, Telling.Repeating(threshold: 2_000, every: 100));
        await telling.NextAsync();
        await telling.AskAsync();
        await telling.AdvanceAsync(2_000);
        (await telling.AnswerAsync())!.Delay.Ordinal.ShouldBe(1);

        // Four more come due while the first is written; then the answer arrives.
        await telling.AdvanceAsync(500);

        (await telling.ToEndAsync()).ShouldBe(["3 Result at 2500 ms"]);
    });

    [Fact]
    public Task DelayDueWhileTheConsumerIsBusy_ToldAtOnceWhenTheOutcomeIsNotKnown() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 500, Telling.Repeating(threshold: 200, every: 100));
        await telling.NextAsync();

        // Start takes longer to write than the threshold: the call has only begun.
        await telling.AdvanceAsync(300);

        (await telling.ToEndAsync()).ShouldBe(
            ["2 Delay at 300 ms", "3 Delay at 400 ms", "4 Delay at 500 ms", "5 Delay at 600 ms", "6 Delay at 700 ms", "7 Result at 800 ms"]);
    });

    [Fact]
    public Task SlowConsumer_HearsTheOutcomeWhenItAsks() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 100, Telling.Repeating(threshold: 50, every: 100));
        await telling.NextAsync();
        await telling.NextAsync();

        await telling.AdvanceAsync(60_000);

        (await telling.ToEndAsync()).ShouldBe(["3 Result at 60050 ms"]);
    });

    [Fact]
    public Task SpeakNaturally_EventsWithoutText() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(
            _clock,
            ApiDoes.AnswerWithAnError,
            takes: 3_000,
            new Messages { SpeakNaturally = true, StartMessage = "a", DelayMessage = "b", FailureMessage = "c" });

        (await telling.NextAsync())!.Start.ShouldBe(new Start { SpeakNaturally = true });
        (await telling.NextAsync())!.Delay.ShouldBe(new Delay { SpeakNaturally = true, Ordinal = 1 });
        (await telling.NextAsync())!.Failure.Message.ShouldBe("c");
    });

    [Fact]
    public Task ApiFaultThatIsNoneOfTheReasons_ThrownNotHidden() => Telling.RunAsync(async () =>
    {
        var api = new SimulatedApi(_clock, ApiDoes.FailUnexpectedly, TimeSpan.Zero);
        await using var telling = Telling.Begin(_clock, api, new Messages(), TimeSpan.FromSeconds(10));
        await telling.NextAsync();

        await Should.ThrowAsync<NotSupportedException>(telling.NextAsync);
    });

    private static Duration Milliseconds(int milliseconds) =>
        Duration.FromTimeSpan(TimeSpan.FromMilliseconds(milliseconds));
}
