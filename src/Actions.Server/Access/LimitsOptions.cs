using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Access;

/// <summary>What one workspace may take, so that the others have the rest (section <c>Limits</c>).</summary>
internal sealed class LimitsOptions
{
    public const string Section = "Limits";

    /// <summary>
    /// Calls per second on average. A thousand conversations, each of which asks an API every ten seconds, make a tenth
    /// of
    /// the default.
    /// </summary>
    [Range(1, 1_000_000)]
    public int CallsPerSecond { get; set; } = 1_000;

    /// <summary>Calls at one moment, after a quiet one. Two seconds' worth.</summary>
    [Range(1, 1_000_000)]
    public int Burst { get; set; } = 2_000;

    /// <summary>Calls at once, streams included: as many as one connection may have.</summary>
    [Range(1, 1_000_000)]
    public int ConcurrentCalls { get; set; } = 1_000;
}
