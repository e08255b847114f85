using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Lifecycle;

/// <summary>How the server shuts down.</summary>
internal sealed class DrainOptions
{
    public const string Section = "Drain";

    /// <summary>
    /// How long calls that run at SIGTERM may continue. 30 s: three times the default time-out of an action, so that
    /// only an action with a longer time-out can be cut off. A process manager must wait for this and
    /// <see cref="StopTimeout"/> before it kills the server; on Kubernetes, with its default of 30 s in total, set
    /// <c>terminationGracePeriodSeconds</c> above the sum.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long connections may take to close after the drain, before they are torn down. 5 s: calls that were cut off
    /// only have a status to send, which takes a round trip, and a lost packet or two.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
