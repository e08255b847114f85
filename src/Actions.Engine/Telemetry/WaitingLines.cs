using System.Diagnostics.Metrics;

namespace Actions.Engine.Telemetry;

/// <summary>
/// Counts the requests that wait for their turn at a host, and measures their waits. The host is no attribute: actions
/// choose it, so it is unbounded.
/// </summary>
internal sealed class WaitingLines
{
    private readonly Histogram<double> _waits;
    private long _waiting;

    public WaitingLines(Meter meter)
    {
        meter.CreateObservableUpDownCounter(
            "actions.line.waiting", () => Interlocked.Read(ref _waiting), "{request}",
            "Requests that wait for their turn at a host.");
        _waits = meter.CreateHistogram(
            "actions.line.wait.duration", "s",
            "Time that a request has waited for its turn. Who needn't wait isn't counted.",
            tags: null, DurationBuckets.Internal);
    }

    public void Joined() => Interlocked.Increment(ref _waiting);

    public void Left(string outcome, TimeSpan waited)
    {
        Interlocked.Decrement(ref _waiting);
        if (_waits.Enabled)
            _waits.Record(waited.TotalSeconds, new KeyValuePair<string, object?>(EngineMetrics.WaitTag, outcome));
    }
}
