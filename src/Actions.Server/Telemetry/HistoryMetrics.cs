using System.Diagnostics.Metrics;

namespace Actions.Server.Telemetry;

/// <summary>Metrics of the history: what was written, what could not be.</summary>
internal sealed class HistoryMetrics
{
    private readonly Counter<long> _recorded;
    private readonly Counter<long> _dropped;
    private readonly Counter<long> _failures;
    private long _droppedSoFar;

    public HistoryMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(TelemetryRegistration.MeterName);
        _recorded = meter.CreateCounter<long>(
            "actions.history.recorded", "{execution}", "Executions that were written to the history.");
        _dropped = meter.CreateCounter<long>(
            "actions.history.dropped", "{execution}", "Executions that were not recorded, because too many waited.");
        _failures = meter.CreateCounter<long>(
            "actions.history.failures", "{operation}", "Writes to the history that failed or took too long.");
    }

    /// <summary>Since the start of the process.</summary>
    public long DroppedSoFar => Interlocked.Read(ref _droppedSoFar);

    public void Recorded(int executions) => _recorded.Add(executions);

    public void Dropped(int executions)
    {
        if (executions == 0)
            return;
        Interlocked.Add(ref _droppedSoFar, executions);
        _dropped.Add(executions);
    }

    public void Failed() => _failures.Add(1);
}
