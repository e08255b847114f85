using System.Diagnostics.Metrics;
using Actions.Engine.Telemetry;
using Actions.Server.Lifecycle;

namespace Actions.Server.Telemetry;

/// <summary>Metrics of the store: availability and failed operations.</summary>
internal sealed class StoreMetrics
{
    public const string Timeout = "timeout";
    public const string Unavailable = "unavailable";

    private readonly Counter<long> _failures;

    public StoreMetrics(IMeterFactory meters, ServingStatus status)
    {
        var meter = meters.Create(TelemetryRegistration.MeterName);
        _failures = meter.CreateCounter<long>(
            "actions.store.failures", "{operation}", "Operations on the store that failed or took too long.");
        meter.CreateObservableGauge(
            "actions.store.unavailable",
            () => status.State is ServingState.Starting or ServingState.StoreUnavailable ? 1 : 0,
            "1",
            "1 while the store is unavailable, also during start-up.");
    }

    public void Failed(string error)
    {
        if (_failures.Enabled)
            _failures.Add(1, new KeyValuePair<string, object?>(MetricTags.ErrorType, error));
    }
}
