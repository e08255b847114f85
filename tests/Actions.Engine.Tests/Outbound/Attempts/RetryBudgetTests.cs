using Actions.Engine.Limits;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound.Attempts;

/// <summary>Retries don't hammer an API that is down.</summary>
public sealed class RetryBudgetTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;

    public RetryBudgetTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task MoreThanHundredExecutionsInAMinute_AttemptsWithinATenthMore()
    {
        // A status that isn't the host's fault: the circuit stays out of it.
        await using var api = Answers.InTurn(Answers.Status(429));
        var attempts = 0;
        for (var executions = 1; executions <= 300; executions++)
        {
            attempts += await RunAsync(api, attempts: 2);
            if (executions <= 100)
                attempts.ShouldBe(executions * 2);
        }

        // What the first hundred took is paid back before anybody gets another.
        (attempts, api.Requests.Count).ShouldBe((400, 400));
    }

    [Fact]
    public async Task NoneFree_AttemptsWithinATenthMoreFromTheBeginning()
    {
        using var engine = new EngineUnderTest(_clock, new EngineOptions { RetryBudgetFreeExecutions = 0 });
        await using var api = Answers.InTurn(Answers.Status(429));
        var attempts = 0;
        for (var executions = 1; executions <= 200; executions++)
        {
            attempts += await RunAsync(api, attempts: 5, on: engine);
            ((double)attempts).ShouldBeLessThanOrEqualTo(executions * 1.1);
        }

        attempts.ShouldBe(220);
    }

    [Fact]
    public async Task AMinuteLater_FreeAgain()
    {
        await using var api = Answers.InTurn(Answers.Status(429));
        for (var i = 0; i < 101; i++)
            await RunAsync(api, attempts: 2);
        (await RunAsync(api, attempts: 5)).ShouldBe(1);

        _clock.Advance(TimeSpan.FromSeconds(61));

        (await RunAsync(api, attempts: 5)).ShouldBe(5);
    }

    [Fact]
    public async Task OtherHosts_HaveTheirOwnAndWorkspacesShareIt()
    {
        await using var api = Answers.InTurn(Answers.Status(429));
        await using var other = Answers.InTurn(Answers.Status(429));
        for (var i = 0; i < 101; i++)
            await RunAsync(api, attempts: 2);

        (await RunAsync(api, attempts: 3)).ShouldBe(1);
        (await RunAsync(other, attempts: 3)).ShouldBe(3);
        (await RunAsync(api, attempts: 3, workspace: "other")).ShouldBe(1);
    }

    private async Task<int> RunAsync(RawUpstream api, int attempts, string workspace = "tests", EngineUnderTest? on = null)
    {
        var running = (on ?? _engine).FailureAsync(Answers.Retrying(api, attempts), workspace);
        var failure = await _clock.PassWaitsAsync(running, within: TimeSpan.FromSeconds(1));
        (failure.Reason, failure.StatusCode).ShouldBe((FailureReason.HttpStatus, 429));
        return failure.Attempts;
    }
}
