using Actions.Engine;
using Actions.Engine.Conversations;
using Actions.Engine.Executions;
using Actions.Server.Execution.Reports;
using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Server.Telemetry;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Conversations;

/// <summary>
/// Executes an action for a call: begins a run, or lets the client listen to the run that is the same, and tells its
/// events.
/// </summary>
internal sealed class CallExecutions(
    Runs runs,
    RunPump pump,
    CallMemory memory,
    DetachedRuns detachedRuns,
    ExecutionReport report,
    CallMetrics metrics,
    ServingStatus status,
    Drain drain,
    TimeProvider time,
    ILogger<CallExecutions> log)
{
    /// <param name="executionId">Of the execution, if it is none of an earlier request.</param>
    /// <param name="tell">Gets each event with the id of its execution.</param>
    public async Task ExecuteAsync(
        ActionPlan plan, ExecutionInput input, ExecuteRequest request, string executionId,
        Func<string, ExecutionEvent, Task> tell, CancellationToken cancellationToken)
    {
        var call = new CallKey(input.Workspace, request.CallId);
        (input, var warning) = await RecallAsync(plan, input, call.CallId, cancellationToken).ConfigureAwait(false);
        var identity = "";
        if (plan.Conversation.OncePerCall)
        {
            identity = ActionEngine.Identify(plan, input, call.CallId);
            input = input with { DerivedIdempotencyKey = ExecutionIdentity.IdempotencyKeyOf(identity) };
        }

        Run? prior = null;
        while (true)
        {
            var run = new Run(call, executionId, identity, plan, request, detachedRuns, time, drain.Aborted);
            if (Enter(run, prior) is { } other)
            {
                run.Dispose();
                if (other.TryJoin())
                {
                    Repeated(other, request);
                    await ListenAsync(other, tell, isFirst: false, cancellationToken).ConfigureAwait(false);
                    return;
                }

                await other.Over.WaitAsync(cancellationToken).ConfigureAwait(false);
                if (other.State == StoredExecutionState.Succeeded)
                {
                    Repeated(other, request);
                    await ReplayAsync(other, tell).ConfigureAwait(false);
                    return;
                }

                prior = other;
                continue;
            }

            Begin(run, input, warning, prior);
            await ListenAsync(run, tell, isFirst: true, cancellationToken).ConfigureAwait(false);
            return;
        }
    }

    /// <summary>Adds what the call remembers of the values that a request lacks.</summary>
    public async ValueTask<(ExecutionInput Input, Warning? Warning)> RecallAsync(
        ActionPlan plan, ExecutionInput input, string callId, CancellationToken cancellationToken)
    {
        var wanted = plan.WantedFromMemory(input.Variables);
        if (wanted.Count == 0)
            return (input, null);
        var recollection = await memory.ReadAsync(
            new CallKey(input.Workspace, callId), wanted, cancellationToken).ConfigureAwait(false);
        return (input with { Remembered = recollection.Values }, recollection.Warning);
    }

    /// <summary>Tells the events of a run that was joined, and leaves it.</summary>
    private async Task ListenAsync(
        Run run, Func<string, ExecutionEvent, Task> tell, bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var next in run.ReadAsync(0, cancellationToken).ConfigureAwait(false))
            {
                await tell(run.Id, next).ConfigureAwait(false);
                if (isFirst)
                    report.Written(next, run.Began);
            }
        }
        finally
        {
            Leave(run, mayEnd: true);
        }
    }

    public void Leave(Run run, bool mayEnd)
    {
        switch (run.Leave(mayEnd))
        {
            case Departure.Detached:
                log.RunDetached(run.Id, run.Plan.Id);
                break;
            case Departure.NoPlace:
                log.RunHasNoPlace(run.Id, run.Plan.Id);
                break;
            default:
                break;
        }
    }

    private Run? Enter(Run run, Run? prior)
    {
        if (run.Identity.Length > 0 && status.State == ServingState.StoreUnavailable
            && !run.Plan.Conversation.SendsUnclaimed && runs.FindSame(run.Call, run.Identity) == prior)
        {
            throw new StoreUnavailableException(
                new IOException("The last check found the store unavailable."), isTransient: true);
        }

        return runs.Enter(run, prior);
    }

    private void Begin(Run run, ExecutionInput input, Warning? warning, Run? prior)
    {
        try
        {
            pump.Begin(run, input, warning, prior);
        }
        catch (Exception e)
        {
            runs.Forget(run);
            run.Complete(e);
            run.Dispose();
            throw;
        }
    }

    // Without what was said while the API was waited for: nobody waits now.
    private async Task ReplayAsync(Run run, Func<string, ExecutionEvent, Task> tell)
    {
        var began = time.GetTimestamp();
        var events = run.Snapshot().Events;
        var start = events[0].Clone();
        start.Elapsed = new Duration();
        await tell(run.Id, start).ConfigureAwait(false);
        var outcome = events[^1].Clone();
        (outcome.Sequence, outcome.Elapsed) = (2, Duration.FromTimeSpan(time.GetElapsedTime(began)));
        outcome.Result.Replayed = true;
        outcome.Result.ReplayedExecutionId = run.SameAs.Length > 0 ? run.SameAs : run.Id;
        await tell(run.Id, outcome).ConfigureAwait(false);
    }

    private void Repeated(Run run, ExecuteRequest request)
    {
        metrics.Repeated();
        log.ExecutionRepeated(run.Plan.Id, request.CallId, run.Id);
    }
}
