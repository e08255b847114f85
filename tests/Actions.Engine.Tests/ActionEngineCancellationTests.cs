using Actions.Engine.Tests.Execution;
using Actions.V1;

namespace Actions.Engine.Tests;

/// <summary>After a cancellation nothing is told any more, and the call is told to stop at once.</summary>
public sealed class ActionEngineCancellationTests
{
    private static readonly Messages Repeating = Telling.Repeating(threshold: 1_000, every: 1_000);

    private readonly FakeClock _clock = new();

    [Fact]
    public Task BeforeTheFirstEvent_TheApiIsNotCalled() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin();
        telling.Cancel();

        // Whether Start is told any more doesn't matter to anybody.
        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            (await telling.NextAsync())!.Start.ShouldNotBeNull();
            await telling.NextAsync();
        });
        telling.Api.Calls.ShouldBe(0);
    });

    [Fact]
    public Task WhileStartIsWritten_TheApiIsNotCalled() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin();
        await telling.NextAsync();
        telling.Cancel();

        await Should.ThrowAsync<OperationCanceledException>(telling.NextAsync);
        telling.Api.Calls.ShouldBe(0);
    });

    [Fact]
    public Task WhileTheApiIsAwaited_ThrownAtOnceAndTheApiTold() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin();
        await telling.NextAsync();
        await telling.AskAsync();
        telling.HasAnswer.ShouldBeFalse();

        telling.Cancel();

        telling.Api.Token.IsCancellationRequested.ShouldBeTrue();
        await Should.ThrowAsync<OperationCanceledException>(telling.AnswerAsync);
    });

    [Fact]
    public Task WhileADelayIsWritten_NoFurtherEvent() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin();
        await telling.NextAsync();
        (await telling.NextAsync())!.Delay.Ordinal.ShouldBe(1);

        telling.Cancel();

        telling.Api.Token.IsCancellationRequested.ShouldBeTrue();
        await Should.ThrowAsync<OperationCanceledException>(telling.NextAsync);
    });

    [Fact]
    public Task WhileADelayIsWrittenAndTheNextIsDue_NoFurtherEvent() => Telling.RunAsync(async () =>
    {
        // Only an API that doesn't stop leaves the outcome open here.
        var api = new SimulatedApi(_clock, ApiDoes.NeverAnswer, TimeSpan.Zero, ignoresCancellation: true);
        await using var telling = Telling.Begin(_clock, api, Repeating, TimeSpan.FromSeconds(10));
        await telling.NextAsync();
        (await telling.NextAsync())!.Delay.Ordinal.ShouldBe(1);
        await telling.AdvanceAsync(1_500);

        telling.Cancel();

        await Should.ThrowAsync<OperationCanceledException>(telling.NextAsync);
    });

    [Fact]
    public Task WhenTheOutcomeIsKnownButNotTold_NotToldAnyMore() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 1_500);
        await telling.NextAsync();
        (await telling.NextAsync())!.Delay.Ordinal.ShouldBe(1);
        await telling.AdvanceAsync(1_000);
        telling.Api.IsLive.ShouldBeFalse();

        telling.Cancel();

        await Should.ThrowAsync<OperationCanceledException>(telling.NextAsync);
    });

    [Fact]
    public Task ApiThatDoesNotStop_ThrownAtOnceAllTheSame() => Telling.RunAsync(async () =>
    {
        var api = new SimulatedApi(_clock, ApiDoes.NeverAnswer, TimeSpan.Zero, ignoresCancellation: true);
        await using var telling = Telling.Begin(_clock, api, Repeating, TimeSpan.FromSeconds(10));
        await telling.NextAsync();
        await telling.AskAsync();

        telling.Cancel();

        await Should.ThrowAsync<OperationCanceledException>(telling.AnswerAsync);
        api.IsLive.ShouldBeTrue();
    });

    [Fact]
    public Task AfterTheOutcomeWasTold_TheStreamJustEnds() => Telling.RunAsync(async () =>
    {
        await using var telling = Begin(ApiDoes.Succeed, takes: 0);
        await telling.NextAsync();
        (await telling.NextAsync())!.Result.ShouldNotBeNull();
        telling.Cancel();

        (await telling.NextAsync()).ShouldBeNull();
    });

    [Fact]
    public Task StreamLeftAtADelay_TheApiIsTold() => Telling.RunAsync(async () =>
    {
        var telling = Begin();
        await telling.NextAsync();
        await telling.NextAsync();
        telling.Api.Token.IsCancellationRequested.ShouldBeFalse();

        await telling.DisposeAsync();

        telling.Api.Token.IsCancellationRequested.ShouldBeTrue();
    });

    private Telling Begin(ApiDoes does = ApiDoes.NeverAnswer, int takes = 0) =>
        Telling.Begin(_clock, does, takes, Repeating);
}
