using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Telemetry;

/// <summary>Settings of the metrics (section <c>Telemetry</c>).</summary>
internal sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    /// <summary>
    /// Maximum number of action names in <c>gen_ai.tool.name</c>: the first names that are executed; all others become
    /// <c>_OTHER</c>. 0: no names. The limit is needed because clients choose names, and each name is a separate series
    /// in the collector.
    /// </summary>
    [Range(0, 1_000)]
    public int MaxToolNames { get; set; }
}
