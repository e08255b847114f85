using Actions.Storage;

namespace Actions.Server.Conversations;

/// <summary>The runs of this server: those that run, and those that have ended lately.</summary>
internal sealed class Runs(TimeProvider time)
{
    // Ended runs are kept for a repeat or an Attach that comes at once, and until the store has them. A run takes some
    // KiB without its body.
    private const int MaxEnded = 4_000;
    private const long MaxEndedBytes = 64 << 20;
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Workspace, string Id), Run> _byId = [];
    private readonly Dictionary<(CallKey Call, string Identity), Run> _byIdentity = [];
    private readonly Dictionary<CallKey, List<Run>> _byCall = [];
    private readonly LinkedList<(Run Run, long Bytes, long At, Task Stored)> _ended = [];
    private TaskCompletionSource _isUsed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _endedBytes;

    /// <summary>Completes when there is a run.</summary>
    public Task InUse
    {
        get
        {
            lock (_gate)
                return _isUsed.Task;
        }
    }

    /// <summary>Enters a run.</summary>
    /// <param name="prior">The run that it comes after, as far as is known.</param>
    /// <returns>The run that has the same identity, if there is another. Then it wasn't entered.</returns>
    public Run? Enter(Run run, Run? prior)
    {
        lock (_gate)
        {
            if (run.Identity.Length > 0)
            {
                if (_byIdentity.TryGetValue((run.Call, run.Identity), out var other) && other != prior)
                    return other;
                _byIdentity[(run.Call, run.Identity)] = run;
            }

            _byId[(run.Call.Workspace, run.Id)] = run;
            if (!_byCall.TryGetValue(run.Call, out var runs))
                _byCall[run.Call] = runs = new List<Run>(1);
            runs.Add(run);
            _isUsed.TrySetResult();
            return null;
        }
    }

    public Run? Find(string workspace, string executionId)
    {
        lock (_gate)
            return _byId.GetValueOrDefault((workspace, executionId));
    }

    public Run? FindSame(CallKey call, string identity)
    {
        lock (_gate)
            return _byIdentity.GetValueOrDefault((call, identity));
    }

    public IReadOnlyList<Run> Of(CallKey call)
    {
        lock (_gate)
            return _byCall.TryGetValue(call, out var runs) ? [.. runs] : [];
    }

    /// <summary>The calls that have runs here.</summary>
    public IReadOnlyCollection<CallKey> Calls()
    {
        lock (_gate)
            return [.. _byCall.Keys];
    }

    public IReadOnlyList<Run> All()
    {
        lock (_gate)
            return [.. _byId.Values];
    }

    /// <summary>Keeps an ended run for a while.</summary>
    /// <param name="stored">Completes when the store has it, or never will.</param>
    public void Ended(Run run, Task stored)
    {
        var bytes = run.Snapshot().Events.Sum(next => (long)next.CalculateSize());
        lock (_gate)
        {
            _ended.AddLast((run, bytes, time.GetTimestamp(), stored));
            _endedBytes += bytes;
            while (_ended.Count > MaxEnded || _endedBytes > MaxEndedBytes)
                RemoveFirst();
        }
    }

    /// <summary>Forgets the ended runs that the store has.</summary>
    public void Trim()
    {
        lock (_gate)
        {
            while (_ended.First is { Value: var oldest }
                && oldest.Stored.IsCompleted && time.GetElapsedTime(oldest.At) >= KeptFor)
                RemoveFirst();
        }
    }

    /// <summary>Nobody finds it any more.</summary>
    public void Forget(Run run)
    {
        lock (_gate)
        {
            _byId.Remove((run.Call.Workspace, run.Id));
            if (_byIdentity.TryGetValue((run.Call, run.Identity), out var holder) && holder == run)
                _byIdentity.Remove((run.Call, run.Identity));
            if (_byCall.TryGetValue(run.Call, out var runs) && runs.Remove(run) && runs.Count == 0)
                _byCall.Remove(run.Call);
            if (_byId.Count == 0 && _isUsed.Task.IsCompleted)
                _isUsed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void RemoveFirst()
    {
        var (run, bytes, _, _) = _ended.First!.Value;
        _ended.RemoveFirst();
        _endedBytes -= bytes;
        Forget(run);
    }
}
