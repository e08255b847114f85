using System.Security.Cryptography;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outcomes;
using Actions.Engine.Telemetry;

namespace Actions.Engine.Executions;

/// <summary>
/// Makes attempts until one succeeds, none is left, or the next one couldn't start within the timeout.
/// </summary>
/// <param name="metrics">Null: nothing is counted, and retries need no budget. So are simulations.</param>
internal sealed class AttemptLoop(
    AttemptRunner runner, EngineOptions options, TimeProvider time, EngineMetrics? metrics)
{
    private readonly RetryBudget? _budget = metrics is null ? null : new(options, time, metrics);

    /// <param name="retries">Receives the Retry events. Null: the action is never retried.</param>
    /// <param name="alarm">Aborts the execution.</param>
    /// <returns>The last attempt's result.</returns>
    public async Task<AttemptResult> RunAsync(
        Execution execution, ExecutionProgress progress, RetryFeed? retries, Alarm alarm)
    {
        var (plan, host) = (execution.Plan.Retry, execution.Host);
        _budget?.CountExecution(host);
        var attempts = progress.BeginAttempt();
        while (true)
        {
            var began = time.GetTimestamp();
            var result = await runner.RunAsync(execution, host, progress, alarm).ConfigureAwait(false);
            progress.EndAttempt(result);
            metrics?.AttemptEnded(result, time.GetElapsedTime(began) - progress.Waited);
            // An API may close a kept connection at any time. A safe request is sent once more, whatever the policy.
            if (result is AttemptResult.Failed { Failure: { OnKeptConnection: true } closed }
                && attempts == 1 && execution.Request.Method == HttpMethod.Get)
            {
                attempts = Repeat(closed, progress, retries, alarm);
                continue;
            }

            if (result is not AttemptResult.Failed { Failure: var failure } || attempts >= plan.MaxAttempts || !plan.ShouldRetry(failure))
                return result;
            var backoff = plan.InitialBackoff * Math.Pow(2, attempts - 1) * Jitter();
            // The API's Retry-After (RFC 9110 section 10.2.3) is the minimum.
            if (failure.RetryAfter > backoff)
                backoff = failure.RetryAfter.Value;
            // If the next attempt can't start in time, the failure is reported at once instead of after the wait.
            if (backoff >= execution.Timeout - time.GetElapsedTime(execution.Started)
                || _budget?.TryTakeRetry(host) == false)
                return result;
            try
            {
                await Task.Delay(backoff, time, alarm.Token).ConfigureAwait(false);
            }
            // Both timers may fire at once, late, on a busy machine.
            catch (OperationCanceledException) when (alarm.HasPassed)
            {
                return new AttemptResult.Failed(execution.TimedOut(progress));
            }

            attempts = Repeat(failure, progress, retries, alarm);
        }
    }

    /// <returns>The number of the attempt that starts.</returns>
    private int Repeat(UpstreamFailure failure, ExecutionProgress progress, RetryFeed? retries, Alarm alarm)
    {
        metrics?.Retried(failure.Reason);
        var attempt = progress.BeginAttempt();
        if (retries is not null)
        {
            retries.Add(attempt, failure);
            alarm.Wake();
        }

        return attempt;
    }

    /// <summary>A factor of 0.75 to 1.25, so that executions that failed together don't retry together.</summary>
    private static double Jitter() => 0.75 + (RandomNumberGenerator.GetInt32(0, 1_001) / 2_000.0);
}
