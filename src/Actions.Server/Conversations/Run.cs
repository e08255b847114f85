using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Actions.Engine;
using Actions.Engine.Executions;
using Actions.Server.History;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Conversations;

/// <summary>
/// One execution of a call: the log of its events, which everybody who listens follows at a pace of their own, and who
/// listens. Its pump (<see cref="RunPump"/>) fills the log.
/// </summary>
internal sealed class Run : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<ExecutionEvent> _events = [];
    private readonly CancellationTokenSource _stop;
    private readonly TaskCompletionSource _startTold = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DetachedRuns _detachedRuns;
    private readonly TimeProvider _time;
    private TaskCompletionSource? _changed;
    private ExceptionDispatchInfo? _error;
    private ExecutionTrail? _trail;
    private IReadOnlyList<StoredVariable> _variables = [];
    private int _told;
    private int _listeners = 1;
    private bool _isConcluded;
    private bool _isOver;
    private bool _isDetached;

    /// <summary>The one who asked for it listens from the beginning.</summary>
    /// <param name="identity">Empty: it is executed whenever it is asked for.</param>
    /// <param name="serverEnds">Cancelled when this server has to end it.</param>
    public Run(
        CallKey call, string id, string identity, ActionPlan plan, ExecuteRequest request, DetachedRuns detachedRuns,
        TimeProvider time, CancellationToken serverEnds)
    {
        (Call, Id, Identity, Plan, Request) = (call, id, identity, plan, request);
        (_detachedRuns, _time) = (detachedRuns, time);
        Started = time.GetUtcNow();
        LimitFrom = Started;
        Began = time.GetTimestamp();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(serverEnds);
        Stop = _stop.Token;
    }

    public CallKey Call { get; }

    public string Id { get; }

    public string Identity { get; }

    public ActionPlan Plan { get; }

    public ExecuteRequest Request { get; }

    public DateTimeOffset Started { get; }

    /// <summary>The clock's timestamp.</summary>
    public long Began { get; }

    /// <summary>Cancelled when the run has to end now.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Somebody has been told the Start, or nobody waits for it any more.</summary>
    public Task StartTold => _startTold.Task;

    /// <summary>The log is complete, and <see cref="State"/> is final.</summary>
    public Task Over => _over.Task;

    public ExecutionJournal Journal { get; private set; } = null!;

    public StoredExecutionState State { get; private set; }

    /// <summary>When its time-out begins, at the latest.</summary>
    public DateTimeOffset LimitFrom { get; set; }

    /// <summary>This run holds its identity in the store, or tries to.</summary>
    public bool IsClaimed { get; set; }

    /// <summary>The execution on another server that calls the API in place of this one. Empty: none.</summary>
    public string SameAs { get; set; } = "";

    public bool IsUnknown => State is StoredExecutionState.Unknown or StoredExecutionState.AbortedUnknown;

    /// <summary>Call it before anything else is told.</summary>
    public void Begin(ExecutionTrail? trail)
    {
        _trail = trail;
        Journal = trail?.Journal ?? new ExecutionJournal();
    }

    /// <summary>Adds an event, numbered on, which is told at once.</summary>
    public void Append(ExecutionEvent next)
    {
        lock (_gate)
        {
            Add(next);
            _told = _events.Count;
            Signal();
        }
    }

    /// <summary>Adds the outcome. Nobody is told yet: the store comes first.</summary>
    /// <param name="isAborted">The engine hasn't told it.</param>
    /// <returns>False: it has one.</returns>
    public bool Conclude(
        ExecutionEvent outcome, StoredExecutionState state, IReadOnlyList<StoredVariable>? variables = null,
        bool isAborted = false)
    {
        lock (_gate)
        {
            if (_isConcluded)
                return false;
            _isConcluded = true;
            _variables = variables ?? [];
            State = state;
            Add(outcome, isAborted);
            return true;
        }
    }

    /// <summary>Ends the log: listeners are told the outcome, or the error in place of it.</summary>
    public ExecutionTrail? Complete(Exception? error = null)
    {
        lock (_gate)
        {
            _isOver = _isConcluded = true;
            if (error is null)
                _told = _events.Count;
            else
                _error = ExceptionDispatchInfo.Capture(error);
            if (_isDetached)
                _detachedRuns.Leave();
            _isDetached = false;
            Signal();
            _over.TrySetResult();
            return _trail;
        }
    }

    public RunSnapshot Snapshot()
    {
        lock (_gate)
            return new RunSnapshot([.. _events], State, _variables);
    }

    /// <summary>Counts a listener in.</summary>
    /// <returns>False: there is nothing to listen to any more, see <see cref="Over"/>.</returns>
    public bool TryJoin()
    {
        lock (_gate)
        {
            if (_isOver || (Stop.IsCancellationRequested && !_isConcluded))
                return false;
            _listeners++;
            if (!_isConcluded)
                _trail?.ListenerCame();
            if (_isDetached)
                _detachedRuns.Leave();
            _isDetached = false;
            return true;
        }
    }

    /// <summary>Counts a listener out. The last one may end the run.</summary>
    /// <param name="mayEnd">False: the action's word on interruptions doesn't apply.</param>
    /// <returns>What has become of the run by that.</returns>
    public Departure Leave(bool mayEnd)
    {
        lock (_gate)
        {
            _listeners--;
            if (_isConcluded || Stop.IsCancellationRequested)
                return Departure.Nothing;
            _trail?.ListenerLeft();
            if (_listeners > 0)
                return Departure.Nothing;
            _startTold.TrySetResult();
            if (!mayEnd || Plan.Conversation.FinishesAlone)
            {
                _isDetached = _detachedRuns.TryEnter();
                if (_isDetached)
                    return Departure.Detached;
                _ = _stop.CancelAsync();
                return Departure.NoPlace;
            }

            _ = _stop.CancelAsync();
            return Departure.Aborted;
        }
    }

    /// <summary>Ends the run now, unless it has an outcome.</summary>
    public void Abort()
    {
        lock (_gate)
        {
            if (!_isConcluded)
                _ = _stop.CancelAsync();
        }
    }

    /// <summary>The events after <paramref name="after"/>, each once and in order, until the last.</summary>
    public async IAsyncEnumerable<ExecutionEvent> ReadAsync(
        int after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            ExecutionEvent? next = null;
            Task? changed = null;
            lock (_gate)
            {
                if (after < _told)
                    next = _events[after];
                else if (_isOver)
                    _error?.Throw();
                else
                    changed = (_changed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            if (next is not null)
            {
                yield return next;
                after++;
                // Asked for the next one: this one has been written.
                _startTold.TrySetResult();
            }
            else if (changed is not null)
            {
                await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                yield break;
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isConcluded = true;
            _stop.Dispose();
        }
    }

    // What another server has told, and what an earlier stream of the engine has, keeps its order.
    private void Add(ExecutionEvent next, bool isAborted = false)
    {
        next.Sequence = _events.Count + 1;
        if (_events.Count > 0 && next.Elapsed.ToTimeSpan() < _events[^1].Elapsed.ToTimeSpan())
            next.Elapsed = _events[^1].Elapsed;
        _events.Add(next);
        if (isAborted)
            _trail?.Aborted();
        else
            _trail?.Add(next);
    }

    private void Signal()
    {
        _changed?.TrySetResult();
        _changed = null;
    }

    /// <summary>Since the run began.</summary>
    public Duration Elapsed() => Duration.FromTimeSpan(_time.GetElapsedTime(Began));
}

/// <summary>A moment of a run.</summary>
internal readonly record struct RunSnapshot(
    ExecutionEvent[] Events, StoredExecutionState State, IReadOnlyList<StoredVariable> Variables);

/// <summary>What has become of a run when a listener left.</summary>
internal enum Departure
{
    /// <summary>Others listen, or it had ended.</summary>
    Nothing,

    /// <summary>It goes on alone.</summary>
    Detached,

    /// <summary>The action says so.</summary>
    Aborted,

    /// <summary>It would go on alone, but too many do.</summary>
    NoPlace,
}
