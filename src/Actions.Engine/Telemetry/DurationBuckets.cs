using System.Diagnostics.Metrics;

namespace Actions.Engine.Telemetry;

/// <summary>Bucket boundaries of histograms, in seconds.</summary>
public static class DurationBuckets
{
    /// <summary>
    /// 10 ms to 30 s. Dense around the second, in which a pause in a phone call becomes awkward. An SDK's own
    /// boundaries
    /// are made for milliseconds.
    /// </summary>
    public static InstrumentAdvice<double> Call { get; } = new()
    {
        HistogramBucketBoundaries = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30],
    };

    /// <summary>1 ms to 30 s: for what should take no time at all.</summary>
    public static InstrumentAdvice<double> Internal { get; } = new()
    {
        HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
    };
}
