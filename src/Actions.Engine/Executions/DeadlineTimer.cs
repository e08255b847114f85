namespace Actions.Engine.Executions;

/// <summary>Cancels once the clock has reached a deadline, never earlier.</summary>
/// <remarks>
/// A CancellationTokenSource with a delay counts the system's coarser ticks and may fire some milliseconds early: a
/// timeout would be reported before it has passed.
/// </remarks>
internal sealed class DeadlineTimer : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _timeout;
    private readonly ITimer _timer;

    public DeadlineTimer(TimeProvider time, long start, TimeSpan timeout)
    {
        (_time, _start, _timeout) = (time, start, timeout);
        _timer = time.CreateTimer(
            static timer => ((DeadlineTimer)timer!).Check(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Check();
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Whether the clock has reached the deadline, even if the timer hasn't fired yet.</summary>
    public bool HasPassed => _source.IsCancellationRequested || Left <= TimeSpan.Zero;

    private TimeSpan Left => _timeout - _time.GetElapsedTime(_start);

    // Not disposed: the source holds nothing to release, and the timer may be firing now.
    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        if (Left is { Ticks: > 0 } left)
            _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        else
            _source.Cancel();
    }
}
