namespace Actions.Storage;

/// <summary>The history's times have whole milliseconds.</summary>
internal static class HistoryTimes
{
    /// <returns>The first whole millisecond that isn't before the time.</returns>
    public static DateTimeOffset Ceiling(DateTimeOffset time) =>
        DateTimeOffset.FromUnixTimeMilliseconds(
            time.AddTicks(TimeSpan.TicksPerMillisecond - 1).ToUnixTimeMilliseconds());
}
