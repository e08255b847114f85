using System.Diagnostics.Metrics;

namespace Actions.Server.Telemetry;

/// <summary>
/// The number of running executions, as a metric. It measures the server's load better than CPU does, because an
/// execution mostly waits for an upstream API.
/// </summary>
internal sealed class ActiveExecutions
{
    public const string CounterName = "actions.executions.active";

    private long _running;

    // Observed instead of counted up and down, so that a server without calls reports 0: an autoscaler treats a missing
    // value as a broken server. No tags: readers of the metrics must not see which workspace executes actions.
    public ActiveExecutions(IMeterFactory meters) =>
        meters.Create(TelemetryRegistration.MeterName).CreateObservableUpDownCounter(
            CounterName, () => Interlocked.Read(ref _running), "{execution}", "Executions that have begun and not ended.");

    public void Enter() => Interlocked.Increment(ref _running);

    public void Leave() => Interlocked.Decrement(ref _running);
}
