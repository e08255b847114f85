using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Lifecycle;

/// <summary>How the server shuts down.</summary>
internal sealed class DrainOptions
{
    public const string Section = "Drain";

    /// <summary>
    /// How long the calls that run at SIGTERM may go on. 30 s: three times the default time-out of an action, so that
    /// only an action which asked for more can be cut off. Whoever stops the server must wait for this and
    /// <see cref="StopTimeout"/> before killing it; on Kubernetes, whose own default is 30 s in all, set
    /// <c>terminationGracePeriodSeconds</c> above the sum.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan GracePeriod { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long, after the drain, connections have to close before they are torn down. 5 s: what was cut off only has
    /// a status to send, which takes a round trip, and a lost packet or two.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true)]
    public TimeSpan StopTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
