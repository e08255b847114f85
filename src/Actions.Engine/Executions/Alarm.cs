namespace Actions.Engine.Executions;

/// <summary>Cancels once the clock has reached a moment, and never earlier.</summary>
/// <remarks>
/// A CancellationTokenSource with a delay counts the system's coarser ticks and may fire some milliseconds early: a
/// time-out would be reported before it had passed.
/// </remarks>
internal sealed class Alarm : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly Func<TimeSpan> _left;
    private readonly ITimer _timer;

    public Alarm(TimeProvider time, long began, TimeSpan due)
    {
        _left = () => due - time.GetElapsedTime(began);
        _timer = time.CreateTimer(_ => Ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Ring();
    }

    public CancellationToken Token => _source.Token;

    // The source itself has nothing to release, and the timer may be ringing right now.
    public void Dispose() => _timer.Dispose();

    private void Ring()
    {
        if (_left() is { Ticks: > 0 } left)
            _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
        else
            _source.Cancel();
    }
}
