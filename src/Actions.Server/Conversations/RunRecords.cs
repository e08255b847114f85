using Actions.Server.Secrets;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace Actions.Server.Conversations;

/// <summary>Runs as the store keeps them: events and summaries, encrypted.</summary>
internal sealed class RunRecords(CallVault vault, IOptions<CallsOptions> options, TimeProvider time)
{
    // Two servers' clocks differ by less, and an outcome is written sooner.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private readonly MemorySizes _sizes = new();

    /// <exception cref="StoreUnavailableException">The key ring can't be read.</exception>
    public StoredExecution Of(Run run)
    {
        var (events, state, _) = run.Snapshot();
        var now = time.GetUtcNow();
        return new StoredExecution
        {
            Call = run.Call,
            Id = run.Id,
            Identity = run.IsClaimed ? run.Identity : "",
            State = state,
            Started = run.Started,
            Deadline = run.LimitFrom + run.Plan.Timeout + Margin,
            Expires = ExpiryFrom(now),
            LastSequence = events.Length,
            SameAs = run.SameAs,
            Content = vault.Protect(run.Call, Written(run, events)),
            Summary = vault.Protect(run.Call, SummaryOf(run, events, state).ToByteArray()),
        };
    }

    /// <summary>The call has ended.</summary>
    public void Forget(CallKey call) => _sizes.Forget(call);

    public DateTimeOffset ExpiryFrom(DateTimeOffset now) => now + options.Value.Lifetime;

    /// <exception cref="StoreUnavailableException">The key ring can't be read.</exception>
    public IReadOnlyList<ExecutionEvent> EventsOf(StoredExecution stored)
    {
        if (stored.Content.IsEmpty)
            return [];
        var input = new CodedInputStream(vault.Unprotect(stored.Call, stored.Content));
        var events = new List<ExecutionEvent>();
        while (!input.IsAtEnd)
        {
            var next = new ExecutionEvent();
            input.ReadMessage(next);
            events.Add(next);
        }

        return events;
    }

    /// <exception cref="StoreUnavailableException">The key ring can't be read.</exception>
    public CallExecution SummaryOf(StoredExecution stored)
    {
        var summary = CallExecution.Parser.ParseFrom(vault.Unprotect(stored.Call, stored.Summary));
        // Its server has died.
        if (summary.State == ExecutionState.Running && !IsAlive(stored))
            summary.State = ExecutionState.Unknown;
        return summary;
    }

    public static CallExecution SummaryOf(Run run)
    {
        var (events, state, _) = run.Snapshot();
        return SummaryOf(run, events, state);
    }

    /// <summary>It runs, as far as anybody can know.</summary>
    public bool IsAlive(StoredExecution stored) =>
        stored.State == StoredExecutionState.Running && time.GetUtcNow() <= stored.Deadline;

    private static CallExecution SummaryOf(Run run, ExecutionEvent[] events, StoredExecutionState state) => new()
    {
        ExecutionId = run.Id,
        ActionId = run.Plan.Id,
        ActionName = run.Plan.Name,
        ToolCallId = run.Request.ToolCallId,
        StartTime = run.Started.ToTimestamp(),
        State = state switch
        {
            StoredExecutionState.Running => ExecutionState.Running,
            StoredExecutionState.Succeeded => ExecutionState.Succeeded,
            StoredExecutionState.Failed => ExecutionState.Failed,
            StoredExecutionState.Aborted => ExecutionState.Aborted,
            _ => ExecutionState.Unknown,
        },
        Reason = events is [.., { Failure: { } failure }] ? failure.Reason : FailureReason.Unspecified,
        LastSequence = events.Length,
        ReplayedExecutionId = run.SameAs,
    };

    private byte[] Written(Run run, ExecutionEvent[] events)
    {
        // Without a Result nobody knew what has become of it; the body is what takes the room.
        if (!_sizes.Take(run.Call, run.Id, events.Sum(next => next.CalculateSize()), options.Value.MaxCallBytes))
            events[^1] = WithoutBody(events[^1]);
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            foreach (var next in events)
                output.WriteMessage(next);
        }

        return buffer.ToArray();
    }

    private static ExecutionEvent WithoutBody(ExecutionEvent large)
    {
        var small = large.Clone();
        if (small.Result is { } result)
        {
            result.Body = ByteString.Empty;
            result.Warnings.Add(new Warning
            {
                Kind = WarningKind.BodyNotKept,
                Detail = "The body is larger than what is kept of a call, see Calls:MaxCallBytes.",
            });
        }
        else if (small.Failure is { } failure)
        {
            failure.BodyTruncated = true;
            failure.Body = ByteString.Empty;
        }

        return small;
    }
}
