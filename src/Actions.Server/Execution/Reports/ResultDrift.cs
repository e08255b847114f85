using System.Diagnostics.Metrics;
using Actions.Server.Logging;
using Actions.Server.Telemetry;
using Actions.V1;

namespace Actions.Server.Execution.Reports;

/// <summary>
/// Reports that an API's responses no longer match the action's sample: a counter shows how often, the log which
/// action, at most once a minute per action.
/// </summary>
internal sealed class ResultDrift
{
    public const string CounterName = "actions.result.drift";
    public const string KindTag = "kind";

    // A voice engine calls the same action many times a minute, and a changed API stays changed.
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);
    private const int MaxFieldsLogged = 10;

    private readonly Counter<long> _fields;
    private readonly ILogger<ResultDrift> _log;
    private readonly LogThrottle<string> _throttle;

    public ResultDrift(IMeterFactory meters, TimeProvider time, ILogger<ResultDrift> log)
    {
        _fields = meters.Create(TelemetryRegistration.MeterName).CreateCounter<long>(
            CounterName, "{field}", "Result fields that were missing, or of another type than in the sample.");
        _throttle = new LogThrottle<string>(LogInterval, time);
        _log = log;
    }

    public void Report(string actionId, IReadOnlyCollection<Warning> warnings)
    {
        if (warnings.Count == 0)
            return;
        // Whether the call's memory could be read isn't the API's doing.
        if (warnings.All(warning => warning.Kind == WarningKind.MemoryUnavailable))
            return;
        warnings = [.. warnings.Where(warning => warning.Kind != WarningKind.MemoryUnavailable)];
        foreach (var warning in warnings)
            _fields.Add(1, new KeyValuePair<string, object?>(KindTag, NameOf(warning.Kind)));
        if (!_throttle.TryTake(actionId))
            return;

        var fields = warnings.Take(MaxFieldsLogged).Select(warning => $"{warning.Variable} ({NameOf(warning.Kind)})");
        var more = warnings.Count > MaxFieldsLogged ? $" and {warnings.Count - MaxFieldsLogged} more" : "";
        _log.ResultDrifted(actionId, string.Join(", ", fields) + more);
    }

    private static string NameOf(WarningKind kind) => kind switch
    {
        WarningKind.FieldMissing => "field_missing",
        WarningKind.TypeChanged => "type_changed",
        _ => "changed",
    };
}
