namespace Actions.Server.Tests.EndToEnd;

/// <summary>The system's clock, put forward by a test.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    private long _ticks;

    public override long TimestampFrequency => System.TimestampFrequency;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + new TimeSpan(Interlocked.Read(ref _ticks));

    public override long GetTimestamp() =>
        System.GetTimestamp() + (long)(new TimeSpan(Interlocked.Read(ref _ticks)).TotalSeconds * TimestampFrequency);
}
