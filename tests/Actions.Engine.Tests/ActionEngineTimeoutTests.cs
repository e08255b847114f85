using Actions.Engine.Tests.Execution;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests;

/// <summary>The time-out counts from the beginning, and nothing prolongs it.</summary>
public sealed class ActionEngineTimeoutTests
{
    private readonly FakeClock _clock = new();

    [Fact]
    public Task TimeoutWhileStartIsWritten_CountsFromTheBeginning() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 500, new Messages());
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
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 0);
        await telling.NextAsync();

        await telling.AdvanceAsync(10_000);

        await telling.AskAsync();
        ShouldBeTimeout(await telling.AnswerAsync(), sequence: 2, elapsed: 10_000, attempts: 0, stage: FailureStage.Queue);
        telling.Api.Calls.ShouldBe(0);
        (await telling.NextAsync()).ShouldBeNull();
    });

    [Fact]
    public Task Delays_DoNotProlongTheTimeout() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.NeverAnswer, takes: 0, Telling.Repeating(threshold: 3_000, every: 3_000));

        (await telling.ToEndAsync()).ShouldBe(["1 Start at 0 ms", "2 Delay at 3000 ms", "3 Delay at 6000 ms", "4 Delay at 9000 ms", "5 Failure at 10000 ms"]);
    });

    [Theory]
    [InlineData(10_000)]
    [InlineData(10_001)]
    public Task ThresholdAtOrAfterTheTimeout_FailureOnly(int threshold) => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.NeverAnswer, takes: 0, Telling.Repeating(threshold, every: 100));

        (await telling.ToEndAsync()).ShouldBe(["1 Start at 0 ms", "2 Failure at 10000 ms"]);
    });

    [Fact]
    public Task AnsweredJustBeforeTheTimeout_Result() => Telling.RunAsync(async () =>
    {
        await using var telling = Telling.Begin(_clock, ApiDoes.Succeed, takes: 9_999, new Messages());

        (await telling.ToEndAsync()).ShouldBe(["1 Start at 0 ms", "2 Result at 9999 ms"]);
    });

    [Fact]
    public Task BodyAfterTheTimeout_TimeoutThoughTheHeadersWereThere() => Telling.RunAsync(async () =>
    {
        var api = new SimulatedApi(_clock, ApiDoes.NeverEndTheBody, TimeSpan.FromSeconds(1));
        await using var telling = Telling.Begin(_clock, api, new Messages(), TimeSpan.FromSeconds(10));
        await telling.NextAsync();

        var failure = await telling.NextAsync();

        ShouldBeTimeout(failure, sequence: 2, elapsed: 10_000, attempts: 1, status: 200, stage: FailureStage.Read);
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
        await using var telling = Telling.Begin(_clock, api, Telling.Repeating(threshold: 1_000, every: 100), TimeSpan.FromSeconds(10));
        await telling.NextAsync();
        (await telling.NextAsync())!.Delay.Ordinal.ShouldBe(1);

        await telling.AdvanceAsync(20_000);

        await telling.AskAsync();
        ShouldBeTimeout(
            await telling.AnswerAsync(), sequence: 3, elapsed: 21_000, attempts: 1, status: 200, stage: FailureStage.Judge);
    });

    private static void ShouldBeTimeout(ExecutionEvent? told, int sequence, int elapsed, int attempts, int status = 0, FailureStage stage = FailureStage.Connect)
    {
        told.ShouldNotBeNull().Failure.ShouldBe(new Failure
        {
            Reason = FailureReason.Timeout,
            Detail = "The API took longer than the timeout of 10000 ms.",
            StatusCode = status,
            Attempts = attempts,
            Retryable = true,
            Stage = stage,
            OutcomeUnknown = stage > FailureStage.Tls,
        });
        (told.Sequence, told.Elapsed).ShouldBe((sequence, Duration.FromTimeSpan(TimeSpan.FromMilliseconds(elapsed))));
    }
}
