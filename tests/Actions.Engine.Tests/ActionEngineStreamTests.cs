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
        await using var telling = Begin(ApiDoes.Succeed, takes: 0);

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
        await using var telling = Begin(ApiDoes.Succeed, takes: 1_999);

        (await ToEndAsync(telling)).ShouldBe(["1 Start at 0 ms", "2 Result at 1999 ms"]);
    });

    [Fact]
    public Task AtTheThreshold_DelayAndNotATickEarlier() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 5_000);
        await telling.NextAsync();
        await telling.AskAsync();

        await telling.AdvanceToAsync(TimeSpan.FromSeconds(2) - TimeSpan.FromTicks(1));
        telling.HasAnswer.ShouldBeFalse();
        await telling.AdvanceToAsync(TimeSpan.FromSeconds(2));

        var delay = await telling.AnswerAsync();
        delay!.Delay.ShouldBe(new Delay { Message = "Still looking.", Ordinal = 1 });
        (delay.Sequence, delay.Elapsed).ShouldBe((2, Milliseconds(2_000)));
        (await ToEndAsync(telling)).ShouldBe(["3 Result at 5000 ms"]);
    });

    [Fact]
    public Task ThresholdBetweenTheTimersTicks_StillNotEarlier() => Telling.RunAsync(async () =>
    {
        var threshold = new Duration { Nanos = 1_500_400 };
        await using var telling = Begin(ApiDoes.Succeed, takes: 50, new Messages { DelayThreshold = threshold });
        await telling.NextAsync();

        var delay = await telling.NextAsync();

        delay!.Elapsed.ToTimeSpan().ShouldBeGreaterThanOrEqualTo(threshold.ToTimeSpan());
        delay.Elapsed.ToTimeSpan().ShouldBeLessThan(TimeSpan.FromMilliseconds(3));
    });

    [Fact]
    public Task NoRepeatInterval_OneDelayOnly() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 9_000);

        (await ToEndAsync(telling)).ShouldBe(["1 Start at 0 ms", "2 Delay at 2000 ms", "3 Result at 9000 ms"]);
    });

    [Fact]
    public Task RepeatInterval_DelaysCountUpWhileTheCallLasts() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.AnswerWithAnError, takes: 4_100, Repeating(threshold: 2_000, every: 1_000));
        await telling.NextAsync();

        foreach (var ordinal in Enumerable.Range(1, 3))
        {
            var delay = await telling.NextAsync();
            (delay!.Delay.Ordinal, delay.Elapsed).ShouldBe((ordinal, Milliseconds(1_000 + (ordinal * 1_000))));
        }

        (await ToEndAsync(telling)).ShouldBe(["5 Failure at 4100 ms"]);
    });

    [Fact]
    public Task RepeatInterval_CountsFromWhenTheDelayWasReallyTold() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 9_000, Repeating(threshold: 1_000, every: 2_000));
        await telling.NextAsync();
        await telling.AskAsync();
        await telling.AdvanceAsync(1_000);
        (await telling.AnswerAsync())!.Delay.Ordinal.ShouldBe(1);

        // Writing the first one takes 3.5 s: the second, due at 3 s, comes when it is asked for.
        await telling.AdvanceAsync(3_500);

        (await ToEndAsync(telling)).ShouldBe(["3 Delay at 4500 ms", "4 Delay at 6500 ms", "5 Delay at 8500 ms", "6 Result at 9000 ms"]);
    });

    [Fact]
    public Task NoDelayMessageAndNoThreshold_NoDelay() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 9_999, new Messages());

        (await ToEndAsync(telling)).ShouldBe(["1 Start at 0 ms", "2 Result at 9999 ms"]);
    });

    [Fact]
    public Task DelayDueWhileTheConsumerIsBusy_DroppedOnceTheOutcomeIsKnown() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 2_500, Repeating(threshold: 2_000, every: 100));
        await telling.NextAsync();
        await telling.AskAsync();
        await telling.AdvanceAsync(2_000);
        (await telling.AnswerAsync())!.Delay.Ordinal.ShouldBe(1);

        // Four more come due while the first is written; then the answer arrives.
        await telling.AdvanceAsync(500);

        (await ToEndAsync(telling)).ShouldBe(["3 Result at 2500 ms"]);
    });

    [Fact]
    public Task DelayDueWhileTheConsumerIsBusy_ToldAtOnceWhenTheOutcomeIsNotKnown() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 500, Repeating(threshold: 200, every: 100));
        await telling.NextAsync();

        // Start takes longer to write than the threshold: the call has only begun.
        await telling.AdvanceAsync(300);

        (await ToEndAsync(telling)).ShouldBe(
            ["2 Delay at 300 ms", "3 Delay at 400 ms", "4 Delay at 500 ms", "5 Delay at 600 ms", "6 Delay at 700 ms", "7 Result at 800 ms"]);
    });

    [Fact]
    public Task TimeoutWhileStartIsWritten_CountsFromTheBeginning() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 500, new Messages());
        await telling.NextAsync();

        await telling.AdvanceAsync(9_600);

        await telling.AskAsync();
        await telling.AdvanceAsync(400);
        ShouldBeTimeout(await telling.AnswerAsync(), sequence: 2, elapsed: 10_000, attempts: 1);
        telling.Api.Token.IsCancellationRequested.ShouldBeTrue();
    });

    [Fact]
    public Task StartWrittenTooLate_TimeoutWithoutCallingTheApi() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 0);
        await telling.NextAsync();

        await telling.AdvanceAsync(10_000);

        await telling.AskAsync();
        ShouldBeTimeout(await telling.AnswerAsync(), sequence: 2, elapsed: 10_000, attempts: 0);
        telling.Api.Calls.ShouldBe(0);
        (await telling.NextAsync()).ShouldBeNull();
    });

    [Fact]
    public Task Delays_DoNotProlongTheTimeout() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.NeverAnswer, takes: 0, Repeating(threshold: 3_000, every: 3_000));

        (await ToEndAsync(telling)).ShouldBe(["1 Start at 0 ms", "2 Delay at 3000 ms", "3 Delay at 6000 ms", "4 Delay at 9000 ms", "5 Failure at 10000 ms"]);
    });

    [Theory]
    [InlineData(10_000)]
    [InlineData(10_001)]
    public Task ThresholdAtOrAfterTheTimeout_FailureOnly(int threshold) => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.NeverAnswer, takes: 0, Repeating(threshold, every: 100));

        (await ToEndAsync(telling)).ShouldBe(["1 Start at 0 ms", "2 Failure at 10000 ms"]);
    });

    [Fact]
    public Task AnsweredJustBeforeTheTimeout_Result() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 9_999, new Messages());

        (await ToEndAsync(telling)).ShouldBe(["1 Start at 0 ms", "2 Result at 9999 ms"]);
    });

    [Fact]
    public Task BodyAfterTheTimeout_TimeoutThoughTheHeadersWereThere() => Telling.RunAsync(async () =>
    {
        var api = new SimulatedApi(_clock, ApiDoes.NeverEndTheBody, TimeSpan.FromSeconds(1));
        await using var telling = Telling.Begin(_clock, api, new Messages(), TimeSpan.FromSeconds(10));
        await telling.NextAsync();

        var failure = await telling.NextAsync();

        ShouldBeTimeout(failure, sequence: 2, elapsed: 10_000, attempts: 1, status: 200);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task ApiThatDoesNotStop_FailureOnTimeAllTheSame(bool answersLater) => Telling.RunAsync(async () =>
    {
        var does = answersLater ? ApiDoes.Succeed : ApiDoes.NeverAnswer;
        var api = new SimulatedApi(_clock, does, TimeSpan.FromSeconds(60), ignoresCancellation: true);
        await using var telling = Telling.Begin(_clock, api, new Messages(), TimeSpan.FromSeconds(10));
        await telling.NextAsync();

        var failure = await telling.NextAsync();

        ShouldBeTimeout(failure, sequence: 2, elapsed: 10_000, attempts: 1);
        (await telling.NextAsync()).ShouldBeNull();
    });

    [Fact]
    public Task AnswerAfterTheTimeout_NotTakenThoughTheConsumerWasTooBusyToHear() => Telling.RunAsync(async () =>
    {
        var api = new SimulatedApi(_clock, ApiDoes.Succeed, TimeSpan.FromSeconds(11), ignoresCancellation: true);
        await using var telling = Telling.Begin(_clock, api, Repeating(threshold: 1_000, every: 100), TimeSpan.FromSeconds(10));
        await telling.NextAsync();
        (await telling.NextAsync())!.Delay.Ordinal.ShouldBe(1);

        await telling.AdvanceAsync(20_000);

        await telling.AskAsync();
        ShouldBeTimeout(await telling.AnswerAsync(), sequence: 3, elapsed: 21_000, attempts: 1, status: 200);
    });

    [Fact]
    public Task SlowConsumer_HearsTheOutcomeWhenItAsks() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 100, Repeating(threshold: 50, every: 100));
        await telling.NextAsync();
        await telling.NextAsync();

        await telling.AdvanceAsync(60_000);

        (await ToEndAsync(telling)).ShouldBe(["3 Result at 60050 ms"]);
    });

    [Fact]
    public Task SpeakNaturally_EventsWithoutText() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(
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

    private static Duration Milliseconds(int milliseconds) => Duration.FromTimeSpan(TimeSpan.FromMilliseconds(milliseconds));

    private static Messages Repeating(int threshold, int every) =>
        new() { DelayThreshold = Milliseconds(threshold), DelayRepeatInterval = Milliseconds(every) };

    private static void ShouldBeTimeout(ExecutionEvent? told, int sequence, int elapsed, int attempts, int status = 0)
    {
        told.ShouldNotBeNull().Failure.ShouldBe(new Failure
        {
            Reason = FailureReason.Timeout,
            Detail = "The API took longer than the time-out of 10000 ms.",
            StatusCode = status,
            Attempts = attempts,
            Retryable = true,
        });
        (told.Sequence, told.Elapsed).ShouldBe((sequence, Milliseconds(elapsed)));
    }

    /// <summary>The rest of the stream, as told to a consumer who asks at once.</summary>
    private static async Task<List<string>> ToEndAsync(Telling telling)
    {
        var told = new List<string>();
        while (await telling.NextAsync() is { } next)
            told.Add($"{next.Sequence} {next.EventCase} at {next.Elapsed.ToTimeSpan().TotalMilliseconds} ms");
        return told;
    }

    private Telling Begin(ApiDoes does, int takes, Messages? messages = null) => Telling.Begin(
        _clock,
        new SimulatedApi(_clock, does, TimeSpan.FromMilliseconds(takes)),
        messages ?? new Messages { StartMessage = "One moment.", DelayMessage = "Still looking." },
        TimeSpan.FromSeconds(10));
}
