using System.Threading.Tasks.Sources;

namespace Actions.Engine.Executions;

/// <summary>
/// The one timer and the one cancellation of an execution. Stops its attempts when the client cancels and when the clock
/// has reached the deadline, never earlier; wakes its event stream for whatever that waits for.
/// </summary>
/// <remarks>
/// A CancellationTokenSource with a delay counts the system's coarser ticks and may fire some milliseconds early: a
/// timeout would be reported before it has passed.
/// </remarks>
internal sealed class Alarm : IValueTaskSource, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _timeout;
    private readonly ITimer _timer;
    private readonly CancellationTokenRegistration _client;
    private readonly Lock _gate = new();
    // Of one wait after the other.
    private ManualResetValueTaskSourceCore<bool> _wait;
    private TimeSpan _due;
    private bool _isWaiting;
    private bool _isAwake;

    /// <param name="start">The clock's timestamp from which all times count.</param>
    /// <param name="timeout">When the attempts are stopped.</param>
    /// <param name="due">What the first wait will be for, if known.</param>
    public Alarm(
        TimeProvider time, long start, TimeSpan timeout, TimeSpan due, CancellationToken cancellationToken)
    {
        (_time, _start, _timeout, _due) = (time, start, timeout, due);
        _client = cancellationToken.UnsafeRegister(static alarm => ((Alarm)alarm!).Stop(), this);
        _timer = time.CreateTimer(
            static alarm => ((Alarm)alarm!).Ring(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Ring();
    }

    /// <summary>Cancelled when the attempts must end.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Whether the clock has reached the deadline, even if the timer hasn't fired yet.</summary>
    public bool HasPassed => Elapsed >= _timeout;

    private TimeSpan Elapsed => _time.GetElapsedTime(_start);

    /// <summary>
    /// Completes when the time since the start has reached <paramref name="due"/>, never earlier, and when the alarm is
    /// woken, at the deadline and by a cancellation, too. One wait at a time.
    /// </summary>
    public ValueTask WaitAsync(TimeSpan due)
    {
        lock (_gate)
        {
            if (_isAwake || Elapsed >= due)
            {
                _isAwake = false;
                return ValueTask.CompletedTask;
            }

            _wait.Reset();
            _isWaiting = true;
            if (due != _due)
            {
                _due = due;
                SetTimer();
            }

            return new ValueTask(this, _wait.Version);
        }
    }

    /// <summary>Ends the wait, or the next one.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _isAwake = !_isWaiting;
            if (_isAwake)
                return;
            _isWaiting = false;
        }

        _wait.SetResult(true);
    }

    /// <summary>The outcome is known: wakes the stream, and nothing else is due any more.</summary>
    public void Complete()
    {
        _timer.Dispose();
        Wake();
    }

    public Task StopAsync() => _stop.CancelAsync();

    // The source isn't disposed: it holds nothing to release, and the timer may be firing now.
    public void Dispose()
    {
        _client.Unregister();
        _timer.Dispose();
    }

    void IValueTaskSource.GetResult(short token) => _wait.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private void Ring()
    {
        if (HasPassed)
        {
            Stop();
            return;
        }

        bool isDue;
        lock (_gate)
        {
            isDue = Elapsed >= _due;
            if (isDue)
                _due = TimeSpan.MaxValue;
            SetTimer();
        }

        if (isDue)
            Wake();
    }

    // The stream first: it ends while the attempts are being stopped.
    private void Stop()
    {
        Wake();
        _stop.Cancel();
    }

    private void SetTimer()
    {
        var left = (_due < _timeout ? _due : _timeout) - Elapsed;
        _timer.Change(
            left > TimeSpan.Zero ? TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)) : TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
    }
}
