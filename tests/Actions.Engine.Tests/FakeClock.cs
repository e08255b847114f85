using Actions.Engine.Executions;

namespace Actions.Engine.Tests;

/// <summary>
/// A clock that stands still until a test advances it. Timers fire in the order they are due (those due together in the
/// order they were set), each at its own moment, on the thread that advances.
/// </summary>
public sealed class FakeClock : TimeProvider
{
    private static readonly DateTimeOffset Began = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly Lock _lock = new();
    private readonly List<Alarm> _armed = [];
    private TimeSpan _now;
    private long _set;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Since it was made.</summary>
    public TimeSpan Now
    {
        get
        {
            lock (_lock)
                return _now;
        }
    }

    /// <summary>How many timers will fire if the clock goes on.</summary>
    public int Armed
    {
        get
        {
            lock (_lock)
                return _armed.Count;
        }
    }

    /// <summary>When the next timer fires; null when none will.</summary>
    public TimeSpan? NextDue
    {
        get
        {
            lock (_lock)
                return Next()?.Due;
        }
    }

    public override long GetTimestamp() => Now.Ticks;

    public override DateTimeOffset GetUtcNow() => Began + Now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var alarm = new Alarm(this, callback, state);
        alarm.Change(dueTime, period);
        return alarm;
    }

    public void Advance(TimeSpan by) => AdvanceTo(Now + by);

    /// <summary>Returns when everything due until then has fired, timers set meanwhile included.</summary>
    public void AdvanceTo(TimeSpan moment)
    {
        while (true)
        {
            Alarm alarm;
            lock (_lock)
            {
                if (Next() is not { } next || next.Due > moment)
                {
                    _now = moment > _now ? moment : _now;
                    return;
                }

                alarm = next;
                _now = alarm.Due > _now ? alarm.Due : _now;
                Rearm(alarm, alarm.Period, alarm.Period);
            }

            alarm.Fire();
        }
    }

    private Alarm? Next() => _armed.MinBy(alarm => (alarm.Due, alarm.Order));

    private void Rearm(Alarm alarm, TimeSpan dueTime, TimeSpan period)
    {
        _armed.Remove(alarm);
        if (dueTime < TimeSpan.Zero)
            return;
        alarm.Due = _now + dueTime;
        // A period of zero means once, as it does for the system's timers.
        alarm.Period = period > TimeSpan.Zero ? period : Timeout.InfiniteTimeSpan;
        alarm.Order = ++_set;
        _armed.Add(alarm);
    }

    private sealed class Alarm(FakeClock clock, TimerCallback callback, object? state) : ITimer
    {
        private bool _disposed;

        public TimeSpan Due { get; set; }

        public TimeSpan Period { get; set; }

        public long Order { get; set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._lock)
            {
                if (!_disposed)
                    clock.Rearm(this, dueTime, period);
                return !_disposed;
            }
        }

        public void Dispose()
        {
            lock (clock._lock)
            {
                _disposed = true;
                clock._armed.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
