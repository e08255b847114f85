using Actions.Engine.Limits;
using Actions.Engine.Tests.Outbound.Attempts;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound.Lines;

/// <summary>The circuit breaker is asked when the turn comes.</summary>
public sealed class LineBreakerTests
{
    private static readonly EngineOptions Options = new() { MaxCallsPerHost = 2, CircuitMinimumAttempts = 2 };

    [Fact]
    public async Task BreakerOpensWhileTheyWait_WaitersFailAtOnce()
    {
        await using var scene = new LineScene(Options);
        var plan = scene.Plan();
        var held = new[] { await scene.HoldAsync(plan), await scene.HoldAsync(plan) };
        var waiting = new List<Task<ExecutionEvent>>();
        for (var i = 1; i <= 50; i++)
            waiting.Add(await scene.WaitAsync(plan, $"{i}", i));

        scene.Answer(2, Answers.Status(500));

        (await Task.WhenAll(held)).ShouldAllBe(outcome => outcome.Failure.StatusCode == 500);
        // The first of the two that failed may have made room for one more.
        var refused = new List<Failure>();
        while (waiting.Count > 1)
        {
            var ended = await Task.WhenAny(waiting);
            waiting.Remove(ended);
            refused.Add((await ended).Failure);
        }

        refused.ShouldAllBe(failure => failure.Reason == FailureReason.Overloaded
            && failure.Stage == FailureStage.Queue && failure.Detail.Contains("circuit breaker"));
        scene.Api.Requests.Count.ShouldBeLessThanOrEqualTo(3);
        scene.Clock.Now.ShouldBe(TimeSpan.Zero);
        scene.Answer();
        await waiting[0];
    }

    [Fact]
    public async Task ProbeIsCancelled_BreakerStaysOpen()
    {
        await using var scene = new LineScene(Options);
        var plan = scene.Plan();
        scene.Answer(2, Answers.Status(500));
        for (var i = 0; i < 2; i++)
            (await scene.RunAsync(plan, "down")).Failure.StatusCode.ShouldBe(500);
        scene.Clock.Advance(Options.CircuitBreakDuration);
        using var cancel = new CancellationTokenSource();
        await scene.Api.NextRequestAsync(scene.Engine.Token);
        await scene.Api.NextRequestAsync(scene.Engine.Token);
        var probe = scene.RunAsync(plan, "probe", cancel.Token);
        await scene.Api.NextRequestAsync(scene.Engine.Token);

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(probe);

        (await scene.RunAsync(plan, "next")).Failure.Reason.ShouldBe(FailureReason.Overloaded);
        scene.Api.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task RefusedInLine_SaysNothingAboutTheHost()
    {
        await using var scene = new LineScene(
            new EngineOptions { MaxCallsPerHost = 1, MaxLineLength = 0, CircuitMinimumAttempts = 2 });
        var plan = scene.Plan();
        var held = await scene.HoldAsync(plan);
        for (var i = 0; i < 20; i++)
            (await scene.RunAsync(plan, "refused")).Failure.Reason.ShouldBe(FailureReason.Overloaded);

        // Two of two have failed, not two of 22.
        scene.Answer(2, Answers.Status(500));
        (await held).Failure.StatusCode.ShouldBe(500);
        while ((await scene.RunAsync(plan, "second")).Failure is { StatusCode: 0 })
        {
        }

        (await scene.RunAsync(plan, "third")).Failure.Detail.ShouldContain("circuit breaker");
    }
}
