using System.Diagnostics.Metrics;

namespace Actions.Server.Telemetry;

/// <summary>Metrics of conversations: executions without a listener, repeats, claims.</summary>
internal sealed class CallMetrics
{
    public const string Granted = "granted";
    public const string TakenOver = "taken_over";
    public const string Followed = "followed";
    public const string Replayed = "replayed";
    public const string Refused = "refused";
    public const string Unavailable = "unavailable";
    public const string Unclaimed = "unclaimed";

    private readonly Meter _meter;
    private readonly Counter<long> _repeats;
    private readonly Counter<long> _claims;

    public CallMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(TelemetryRegistration.MeterName);
        _repeats = _meter.CreateCounter<long>(
            "actions.executions.repeated", "{execution}",
            "Executions that got the events of an earlier one of their call instead of calling the API.");
        _claims = _meter.CreateCounter<long>(
            "actions.claims", "{claim}", "Claims of executions that call the API once per call, by outcome.");
    }

    // Observed, so that a server without any reports 0.
    public void ObserveDetached(Func<int> count) => _meter.CreateObservableUpDownCounter(
        "actions.executions.detached", count, "{execution}", "Executions that go on although nobody listens.");

    public void Repeated() => _repeats.Add(1);

    public void Claimed(string outcome)
    {
        if (_claims.Enabled)
            _claims.Add(1, new KeyValuePair<string, object?>("actions.claim.outcome", outcome));
    }
}
