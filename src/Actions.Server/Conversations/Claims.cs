using Actions.Server.Telemetry;
using Actions.Storage;

namespace Actions.Server.Conversations;

/// <summary>
/// Lets one execution of an identity call the API, on all servers of a store: the others follow it, or get what has
/// become of it.
/// </summary>
internal sealed class Claims(
    ICallStore store, RunRecords records, RunWriter writer, CallMetrics metrics, TimeProvider time)
{
    /// <summary>How often a run on another server is looked at. Attach promises its events within 250 ms.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Decides who calls the API. Meanwhile the run tells what the one that does so has told.</summary>
    /// <param name="replaces">The execution that it comes after, as far as this server knows. Empty: none.</param>
    /// <exception cref="StoreUnavailableException">Nobody knows who has called the API before.</exception>
    /// <exception cref="OperationCanceledException">The run is aborted.</exception>
    public async Task<Verdict> DecideAsync(Run run, string replaces)
    {
        var waited = false;
        while (true)
        {
            var answer = await ClaimAsync(run, replaces).ConfigureAwait(false);
            if (answer is null)
                return new Verdict(VerdictKind.Granted, waited);
            if (answer.IsGranted || answer.Holder?.Id == run.Id)
            {
                metrics.Claimed(replaces.Length > 0 ? CallMetrics.TakenOver : CallMetrics.Granted);
                return new Verdict(VerdictKind.Granted, waited);
            }

            run.IsClaimed = false;
            if (answer.Holder is not { } holder)
                return new Verdict(VerdictKind.CallEnded, waited);
            var follows = records.IsAlive(holder);
            if (follows)
            {
                metrics.Claimed(CallMetrics.Followed);
                waited = true;
                run.SameAs = holder.Id;
                _ = writer.Write(run);
                if (await FollowAsync(run, holder).ConfigureAwait(false) is not { } later)
                    return new Verdict(VerdictKind.CallEnded, waited);
                holder = later;
            }

            switch (holder.State)
            {
                case StoredExecutionState.Succeeded:
                case StoredExecutionState.Failed or StoredExecutionState.Unknown when follows:
                    run.SameAs = holder.Id;
                    if (!follows)
                        metrics.Claimed(CallMetrics.Replayed);
                    return new Verdict(VerdictKind.Same, waited, holder);
                case StoredExecutionState.Failed or StoredExecutionState.Aborted:
                    break;
                default:
                    if (run.Plan.Conversation.RefusesUnknown)
                    {
                        metrics.Claimed(CallMetrics.Refused);
                        run.SameAs = "";
                        return new Verdict(VerdictKind.Refused, waited, holder);
                    }

                    break;
            }

            run.SameAs = "";
            replaces = holder.Id;
        }
    }

    /// <returns>Null: it is sent without a claim.</returns>
    private async Task<ClaimAnswer?> ClaimAsync(Run run, string replaces)
    {
        run.IsClaimed = true;
        run.LimitFrom = time.GetUtcNow();
        try
        {
            return await store.ClaimAsync(new CallClaim(records.Of(run), replaces), run.Stop).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (run.Plan.Conversation.SendsUnclaimed)
        {
            metrics.Claimed(CallMetrics.Unclaimed);
            return null;
        }
        catch (StoreUnavailableException)
        {
            metrics.Claimed(CallMetrics.Unavailable);
            throw;
        }
    }

    /// <summary>Tells the holder's events after its Start, which are numbered as the run's own would be.</summary>
    /// <returns>The holder when it has ended, or when its server must have died. Null: its call was ended.</returns>
    private async Task<StoredExecution?> FollowAsync(Run run, StoredExecution holder)
    {
        var copied = 1;
        while (true)
        {
            foreach (var next in records.EventsOf(holder))
            {
                if (next.Sequence <= copied || next.Result is not null || next.Failure is not null)
                    continue;
                copied = next.Sequence;
                run.Append(next);
            }

            if (!records.IsAlive(holder))
                return holder;
            await Task.Delay(PollInterval, time, run.Stop).ConfigureAwait(false);
            try
            {
                var later = await store.GetExecutionAsync(run.Call.Workspace, holder.Id, run.Stop)
                    .ConfigureAwait(false);
                if (later is null)
                    return null;
                holder = later;
            }
            catch (StoreUnavailableException) when (records.IsAlive(holder))
            {
                // It may be back before the holder must have ended.
            }
        }
    }
}

/// <summary>What is decided about a run that wants to call the API.</summary>
/// <param name="Waited">Another execution was followed: the run's own time begins now.</param>
/// <param name="Holder">The execution that has ended in its place.</param>
internal sealed record Verdict(VerdictKind Kind, bool Waited, StoredExecution? Holder = null);

internal enum VerdictKind
{
    /// <summary>It calls the API.</summary>
    Granted,

    /// <summary>Its outcome is the holder's.</summary>
    Same,

    /// <summary>Nobody knows the holder's outcome, and the action says not to repeat it.</summary>
    Refused,

    /// <summary>Somebody has ended the call.</summary>
    CallEnded,
}
