using Actions.Server.Errors;
using Actions.Server.History;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Conversations;

/// <summary>What is known of a call, and how it is forgotten.</summary>
internal sealed class CallBook(
    ICallStore store, Runs runs, RunRecords records, CallMemory memory, ExecutionRecorder recorder, TimeProvider time)
{
    // A write that is still on its way when its call is ended must find that it was.
    private static readonly TimeSpan EndIsKnownFor = TimeSpan.FromMinutes(10);

    /// <exception cref="CallNotFoundException">Nothing is kept of it.</exception>
    public async Task<GetCallResponse> GetAsync(CallKey call, CancellationToken cancellationToken)
    {
        var stored = await store.GetCallAsync(call, cancellationToken).ConfigureAwait(false);
        var executions = stored?.Executions.Select(records.SummaryOf)
            .ToDictionary(summary => summary.ExecutionId) ?? [];
        // The store may not have been told yet.
        foreach (var run in runs.Of(call))
            executions[run.Id] = RunRecords.SummaryOf(run);
        if (stored is null && executions.Count == 0)
            throw new CallNotFoundException(call.CallId);
        return new GetCallResponse
        {
            Variables = { memory.Show(call, stored?.Variables ?? []) },
            Executions =
            {
                executions.Values
                    .OrderBy(summary => summary.StartTime.ToDateTimeOffset())
                    .ThenBy(summary => summary.ExecutionId, StringComparer.Ordinal),
            },
            ExpireTime = (stored?.Expires ?? records.ExpiryFrom(time.GetUtcNow())).ToTimestamp(),
        };
    }

    /// <exception cref="StoreUnavailableException">It is forgotten here only.</exception>
    /// <exception cref="HistoryUnavailableException">It is forgotten, but for its history.</exception>
    public async Task EndAsync(CallKey call, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        ForgetHere(call, DateTimeOffset.MaxValue);
        await store.EndAsync(call, now, records.ExpiryFrom(now) + EndIsKnownFor, cancellationToken)
            .ConfigureAwait(false);
        await recorder.ForgetAsync(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Aborts and forgets what this server has of a call.</summary>
    /// <param name="ended">What began later belongs to a new conversation of the same id.</param>
    public void ForgetHere(CallKey call, DateTimeOffset ended)
    {
        var forgotten = runs.Of(call).Where(run => run.Started <= ended).ToList();
        if (forgotten.Count == 0 && ended < DateTimeOffset.MaxValue)
            return;
        memory.Forget(call);
        records.Forget(call);
        foreach (var run in forgotten)
        {
            run.Abort();
            runs.Forget(run);
        }
    }
}
