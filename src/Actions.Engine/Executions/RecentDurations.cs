using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Executions;

/// <summary>
/// How long the last executions of a plan took. Written and read by all of them at once, without a lock: a duration
/// that is being replaced may count twice or not at all, which moves no percentile.
/// </summary>
internal sealed class RecentDurations
{
    // Enough for a 95th percentile that one outlier doesn't make.
    private const int Enough = 20;

    // A power of two. At some calls a minute, the last hour or so.
    private const int Kept = 128;

    // Sorting for each execution would cost more than the rest of its bookkeeping.
    private const int ComputedEvery = 16;

    // In microseconds, of which the longest timeout has 120 million. Null: nothing was executed.
    private int[]? _durations;
    private int _count;
    private volatile Figures? _figures;

    /// <summary>Null until there are enough.</summary>
    public Figures? Known => _figures;

    public void Add(TimeSpan duration)
    {
        var durations = _durations
            ?? Interlocked.CompareExchange(ref _durations, new int[Kept], null) ?? _durations;
        // Unsigned: it starts again after four thousand million.
        var count = (uint)Interlocked.Increment(ref _count);
        durations[(count - 1) % Kept] = (int)Math.Clamp(duration.TotalMicroseconds, 0, int.MaxValue);
        if (count == Enough || (count > Enough && count % ComputedEvery == 0))
            _figures = Compute(durations.AsSpan(0, (int)Math.Min(count, Kept)));
    }

    private static Figures Compute(ReadOnlySpan<int> durations)
    {
        Span<int> sorted = stackalloc int[durations.Length];
        durations.CopyTo(sorted);
        sorted.Sort();
        return new Figures(Percentile(sorted, 50), Percentile(sorted, 95));
    }

    /// <summary>The smallest duration that so many percent don't exceed.</summary>
    private static TimeSpan Percentile(ReadOnlySpan<int> sorted, int percent) =>
        TimeSpan.FromMicroseconds(sorted[((sorted.Length * percent) + 99) / 100 - 1]);

    /// <summary>What is known of them. Computed for many executions, whose Starts share the messages.</summary>
    internal sealed class Figures(TimeSpan typical, TimeSpan slow)
    {
        /// <summary>Nobody may change it.</summary>
        public Duration Typical { get; } = Duration.FromTimeSpan(typical);

        /// <summary>Nobody may change it.</summary>
        public Duration Slow { get; } = Duration.FromTimeSpan(slow);

        public TimeSpan SlowTime { get; } = slow;
    }
}
