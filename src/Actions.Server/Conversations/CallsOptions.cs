using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Conversations;

/// <summary>What is kept of a conversation while it lasts (section <c>Calls</c>).</summary>
internal sealed class CallsOptions
{
    public const string Section = "Calls";

    /// <summary>
    /// How long a call's executions and variables are kept after its last use. 1 h: longer than nearly every phone
    /// call, and than a caller who was cut off takes to call again.
    /// </summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>
    /// Executions that go on although nobody listens. Beyond it, an interruption aborts. 1,000: as many as a workspace
    /// may have calls in flight.
    /// </summary>
    [Range(0, 1_000_000)]
    public int MaxDetached { get; set; } = 1_000;

    /// <summary>
    /// Bytes that are kept of a call's events, and as many of its variables. 8 MiB: twice the largest response that is
    /// read. Of what exceeds them, the body isn't kept.
    /// </summary>
    [Range(65_536, 134_217_728)]
    public int MaxCallBytes { get; set; } = 8 << 20;

    /// <summary>Calls that are kept of one workspace. Of more, those used least recently are forgotten.</summary>
    [Range(1, 100_000_000)]
    public int MaxCallsPerWorkspace { get; set; } = 100_000;
}
