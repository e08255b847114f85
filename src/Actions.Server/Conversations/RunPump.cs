using Actions.Engine;
using Actions.Engine.Executions;
using Actions.Server.Errors;
using Actions.Server.Execution.Reports;
using Actions.Server.History;
using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Storage;
using Actions.V1;
using Microsoft.Extensions.Options;

namespace Actions.Server.Conversations;

/// <summary>
/// Fills the log of a run, on a task of its own: no listener can hold it up, and none ends it by being cancelled.
/// </summary>
internal sealed class RunPump(
    ActionEngine engine,
    Runs runs,
    Claims claims,
    RunRecords records,
    RunWriter writer,
    CallMemory memory,
    ExecutionReport report,
    ExecutionRecorder recorder,
    ServingStatus status,
    Drain drain,
    TimeProvider time,
    IOptions<CallsOptions> options,
    ILogger<RunPump> log)
{
    // The person on the phone doesn't notice it, and a store that answers at all answers sooner.
    private static readonly TimeSpan StorePatience = TimeSpan.FromMilliseconds(100);

    /// <summary>Tells the Start, then goes on alone.</summary>
    /// <param name="prior">The run of the same identity that it comes after. Null: this server knows of none.</param>
    /// <exception cref="Engine.Limits.InvalidFieldsException">A variable is missing or invalid.</exception>
    public void Begin(Run run, ExecutionInput input, Warning? warning, Run? prior)
    {
        run.Begin(recorder.Begin(run.Call.Workspace, run.Id, run.Plan, run.Request));
        input = input with { Journal = run.Journal };
        // The engine's stream is pulled: after its Start it goes on when it is asked for more.
        var stream = engine.ExecuteAsync(run.Plan, input, run.Stop).GetAsyncEnumerator(run.Stop);
        report.Began();
        // Its Start needs nothing. It is told from here; what comes next, claims included, holds nobody up.
        var start = stream.MoveNextAsync();
        if (start.IsCompletedSuccessfully)
            run.Append(stream.Current);
        _ = Task.Run(() => PumpAsync(run, stream, input, warning, prior), CancellationToken.None);
    }

    private async Task PumpAsync(
        Run run, IAsyncEnumerator<ExecutionEvent> stream, ExecutionInput input, Warning? warning, Run? prior)
    {
        var last = stream.Current;
        Exception? error = null;
        try
        {
            try
            {
                if (run.Plan.Conversation.OncePerCall)
                {
                    var verdict = Refuses(run, prior)
                        ?? await claims.DecideAsync(run, prior?.Id ?? "").ConfigureAwait(false);
                    if (verdict.Kind != VerdictKind.Granted)
                    {
                        Settle(run, input, verdict);
                        last = run.Snapshot().Events[^1];
                        return;
                    }

                    if (verdict.Waited)
                    {
                        // The time-out has run since Start, and the holder may have taken it.
                        await stream.DisposeAsync().ConfigureAwait(false);
                        stream = engine.ExecuteAsync(run.Plan, input, run.Stop).GetAsyncEnumerator(run.Stop);
                        await stream.MoveNextAsync().ConfigureAwait(false);
                    }
                }
                else
                {
                    _ = writer.Write(run);
                }

                // Nobody's API is called before its Start was told. The time-out runs meanwhile.
                if (!run.StartTold.IsCompleted)
                {
                    await run.StartTold.WaitAsync(run.Plan.Timeout, time, run.Stop)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                while (await stream.MoveNextAsync().ConfigureAwait(false))
                {
                    last = stream.Current;
                    report.Emitted(run.Id, run.Plan, last);
                    Tell(run, last, warning);
                }
            }
            finally
            {
                // An aborted stream ends when nothing can be sent any more.
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (run.Stop.IsCancellationRequested)
        {
            if (Abort(run, input) && drain.Aborted.IsCancellationRequested)
                error = new DrainingException();
        }
        catch (Exception e)
        {
            if (Abort(run, input))
                error = e;
            else
                log.RunFailed(run.Id, run.Plan.Id, e);
        }
        finally
        {
            await EndAsync(run, last, error).ConfigureAwait(false);
        }
    }

    // Before the store is asked: this server knows enough.
    private static Verdict? Refuses(Run run, Run? prior) =>
        prior?.IsUnknown == true && run.Plan.Conversation.RefusesUnknown
            ? new Verdict(VerdictKind.Refused, Waited: false)
            : null;

    private void Tell(Run run, ExecutionEvent next, Warning? warning)
    {
        if (next.Result is { } result)
        {
            if (warning is not null)
                result.Warnings.Add(warning);
            run.Conclude(next, StoredExecutionState.Succeeded, Remember(run, result));
        }
        else if (next.Failure is { } failure)
        {
            var isUnknown = failure.OutcomeUnknown && run.Plan.Conversation.HasEffects;
            run.Conclude(next, isUnknown ? StoredExecutionState.Unknown : StoredExecutionState.Failed);
        }
        else
        {
            run.Append(next);
            _ = writer.Write(run);
        }
    }

    private IReadOnlyList<StoredVariable> Remember(Run run, Result result)
    {
        try
        {
            var variables = memory.Of(
                run.Call, run.Plan, run.Id, result, time.GetUtcNow(), options.Value.MaxCallBytes);
            if (variables.Count > 0)
                memory.Remember(run.Call, variables);
            return variables;
        }
        catch (StoreUnavailableException)
        {
            // Nothing that the store lacks may fail a Result.
            return [];
        }
    }

    private void Settle(Run run, ExecutionInput input, Verdict verdict)
    {
        switch (verdict.Kind)
        {
            case VerdictKind.Same:
                var outcome = records.EventsOf(verdict.Holder!)[^1];
                if (outcome.Result is { } result)
                    (result.Replayed, result.ReplayedExecutionId) = (true, verdict.Holder!.Id);
                run.Conclude(outcome, verdict.Holder!.State);
                break;
            case VerdictKind.Refused:
                var refusal = FailureOf(run, input, FailureReason.UnknownOutcome,
                    "The call has executed the same before, and nobody knows with what outcome. Nothing was sent.");
                refusal.Failure.OutcomeUnknown = true;
                run.Conclude(refusal, StoredExecutionState.Unknown);
                break;
            default:
                Abort(run, input);
                break;
        }
    }

    /// <returns>False: it has an outcome.</returns>
    private bool Abort(Run run, ExecutionInput input)
    {
        var isUnknown = run.Journal.MayHaveReached && run.Plan.Conversation.HasEffects;
        var aborted = FailureOf(run, input, FailureReason.Aborted, "The execution was aborted.");
        aborted.Failure.OutcomeUnknown = isUnknown;
        return run.Conclude(
            aborted, isUnknown ? StoredExecutionState.AbortedUnknown : StoredExecutionState.Aborted, isAborted: true);
    }

    private ExecutionEvent FailureOf(Run run, ExecutionInput input, FailureReason reason, string detail) => new()
    {
        Elapsed = run.Elapsed(),
        Failure = engine.Refuse(run.Plan, input, reason, detail),
    };

    private async Task EndAsync(Run run, ExecutionEvent last, Exception? error)
    {
        var stored = writer.Write(run);
        // Listeners wait for the store, so that what they were told can't be lost; but not for one that is away.
        if (status.State != ServingState.StoreUnavailable)
            await stored.WaitAsync(StorePatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        runs.Ended(run, stored);
        if (run.Snapshot().Variables is { Count: > 0 } variables)
            _ = stored.ContinueWith(_ => memory.Release(run.Call, variables), TaskScheduler.Default);
        var trail = run.Complete(error);
        report.Ended(run.Id, run.Plan, run.Request, last, run.Began);
        if (trail is not null)
            recorder.End(trail);
        if (error is not (null or StoreException or DrainingException))
            log.RunFailed(run.Id, run.Plan.Id, error);
        run.Dispose();
    }
}
