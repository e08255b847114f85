using Actions.Engine;
using Actions.Server.Logging;
using Actions.Server.Telemetry;
using Actions.V1;

namespace Actions.Server.Execution.Reports;

/// <summary>What the log and the metrics say of every execution, whoever listens to it.</summary>
internal sealed class ExecutionReport(
    ActiveExecutions active, ExecutionMetrics metrics, ResultDrift drift, ILogger<ExecutionReport> log)
{
    public void Began() => active.Enter();

    public void Emitted(string executionId, ActionPlan plan, ExecutionEvent next)
    {
        if (next.Retry is { } retry)
            log.ExecutionRetried(executionId, plan.Id, retry.Attempt, retry.Reason, retry.Detail);
    }

    /// <param name="written">The event that the transport has just taken.</param>
    /// <param name="began">The clock's timestamp when the execution began.</param>
    public void Written(ExecutionEvent written, long began) => metrics.EventWritten(written, began);

    /// <param name="last">The engine's last event. Neither Result nor Failure: it was aborted. Null: it never began.
    /// </param>
    /// <param name="began">The clock's timestamp when the execution began.</param>
    public void Ended(string executionId, ActionPlan plan, ExecuteRequest request, ExecutionEvent? last, long began)
    {
        active.Leave();
        if (last is null)
            return;
        if (!last.Simulated)
            metrics.Ended(plan.Name, last, request.DryRun, began);
        var elapsed = last.Elapsed.ToTimeSpan();
        switch (last)
        {
            case { Result: { } result }:
                var outcome = request.DryRun ? "dry run" : $"status {result.StatusCode}{Simulated(last)}";
                log.Executed(executionId, plan.Id, request.CallId, outcome, elapsed, result.Attempts);
                if (!last.Simulated)
                    drift.Report(plan.Id, result.Warnings);
                break;
            case { Failure: { } failure }:
                log.ExecutionFailed(
                    executionId, plan.Id, request.CallId, failure.Reason, elapsed, failure.Attempts,
                    failure.Detail + Simulated(last));
                break;
            default:
                log.ExecutionAbandoned(executionId, plan.Id, request.CallId);
                break;
        }
    }

    private static string Simulated(ExecutionEvent last) => last.Simulated ? " (simulated)" : "";
}
