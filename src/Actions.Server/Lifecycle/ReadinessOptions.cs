using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Lifecycle;

/// <summary>How the server checks its readiness.</summary>
internal sealed class ReadinessOptions
{
    public const string Section = "Readiness";

    /// <summary>
    /// How often the store is checked, and how long a check may take, unless <c>Server:StoreTimeout</c> is shorter. An
    /// unavailable store is checked every second. 5 s: half of Kubernetes' default probe period, so that each probe
    /// gets a newer result; the check itself reads next to nothing.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromSeconds(5);
}
