using System.Diagnostics.Metrics;

namespace Actions.Server.Telemetry;

/// <summary>
/// How many executions run now, as a metric: what a server's load is, since an execution waits for somebody else's API
/// and
/// costs next to no CPU meanwhile.
/// </summary>
internal sealed class ActiveExecutions
{
    public const string CounterName = "actions.executions.active";

    private long _running;

    // Observed, not counted up and down, so that a server which was never called says 0: an autoscaler takes silence
    // for
    // a broken server. No tags: whose executions they are is nobody's business who reads the metrics.
    public ActiveExecutions(IMeterFactory meters) =>
        meters.Create(TelemetryRegistration.MeterName).CreateObservableUpDownCounter(
            CounterName, () => Interlocked.Read(ref _running), "{execution}", "Executions that have begun and not ended.");

    public void Enter() => Interlocked.Increment(ref _running);

    public void Leave() => Interlocked.Decrement(ref _running);
}
