using Actions.Server.Errors;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Conversations;

/// <summary>
/// Tells the events of an execution to somebody who comes later: from this server's memory, or from the store.
/// </summary>
internal sealed class Attachments(
    ICallStore store, Runs runs, CallExecutions executions, RunRecords records, TimeProvider time)
{
    /// <param name="after">The last event that the client has.</param>
    /// <param name="tell">Gets each event with the id of its execution.</param>
    /// <exception cref="ExecutionNotFoundException">Nobody knows it.</exception>
    public async Task AttachAsync(
        string workspace, string executionId, int after, Func<string, ExecutionEvent, Task> tell,
        CancellationToken cancellationToken)
    {
        if (runs.Find(workspace, executionId) is not { } run)
        {
            await PollAsync(workspace, executionId, after, tell, cancellationToken).ConfigureAwait(false);
            return;
        }

        var isListener = run.TryJoin();
        try
        {
            await foreach (var next in run.ReadAsync(after, cancellationToken).ConfigureAwait(false))
                await tell(run.SameAs.Length > 0 ? run.SameAs : run.Id, next).ConfigureAwait(false);
        }
        finally
        {
            if (isListener)
                executions.Leave(run, mayEnd: false);
        }
    }

    private async Task PollAsync(
        string workspace, string executionId, int after, Func<string, ExecutionEvent, Task> tell,
        CancellationToken cancellationToken)
    {
        var id = executionId;
        while (true)
        {
            var stored = await store.GetExecutionAsync(workspace, id, cancellationToken).ConfigureAwait(false)
                ?? throw new ExecutionNotFoundException(executionId);
            if (stored.SameAs.Length > 0 && id == executionId)
            {
                id = stored.SameAs;
                continue;
            }

            var events = records.EventsOf(stored);
            foreach (var next in events)
            {
                if (next.Sequence <= after)
                    continue;
                await tell(id, next).ConfigureAwait(false);
                after = next.Sequence;
            }

            if (stored.State != StoredExecutionState.Running)
                return;
            if (!records.IsAlive(stored))
            {
                await tell(id, Lost(stored, Math.Max(after, stored.LastSequence) + 1)).ConfigureAwait(false);
                return;
            }

            await Task.Delay(Claims.PollInterval, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private ExecutionEvent Lost(StoredExecution stored, int sequence) => new()
    {
        Sequence = sequence,
        Elapsed = Duration.FromTimeSpan(time.GetUtcNow() - stored.Started),
        Failure = new Failure
        {
            Reason = FailureReason.UnknownOutcome,
            OutcomeUnknown = true,
            Detail = "The server that ran the execution has ended without telling its outcome.",
        },
    };
}
