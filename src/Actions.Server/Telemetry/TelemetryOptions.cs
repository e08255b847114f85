using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Telemetry;

/// <summary>What an operator may change of the metrics (section <c>Telemetry</c>).</summary>
internal sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    /// <summary>
    /// Action names that become <c>gen_ai.tool.name</c>, the first ones that are executed; further ones are
    /// <c>_OTHER</c>.
    /// 0: no names. Clients choose names, and each is a series of its own in the collector.
    /// </summary>
    [Range(0, 1_000)]
    public int MaxToolNames { get; set; }
}
