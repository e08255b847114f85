namespace Actions.Storage;

/// <summary>
/// Durations in classes, each 1 % wider than the one before: a percentile that is read from their counts is wrong by
/// 0.5 % at most.
/// </summary>
public static class DurationBins
{
    /// <summary>Classes for each factor of 2.</summary>
    public static readonly double PerUnit = 1 / Math.Log2(1.01);

    /// <returns>The class, from 0. What is shorter than a microsecond counts as one.</returns>
    public static int Of(long microseconds) => (int)Math.Floor(Math.Log2(Math.Max(1, microseconds)) * PerUnit);

    /// <returns>The duration in the middle of the class.</returns>
    public static TimeSpan Middle(int bin) =>
        TimeSpan.FromMicroseconds(Math.Pow(2, (bin + 0.5) / PerUnit));
}
