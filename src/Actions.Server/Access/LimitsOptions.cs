using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Access;

/// <summary>Limits of each workspace, so that one can't starve the others (section <c>Limits</c>).</summary>
internal sealed class LimitsOptions
{
    public const string Section = "Limits";

    /// <summary>
    /// Average calls per second. 1,000 conversations with an API call every ten seconds use a tenth of the default.
    /// This and the next two are at least so many; <see cref="Configuration.Sizing"/> derives more from the machine.
    /// </summary>
    [Range(1, 1_000_000)]
    public int CallsPerSecond { get; set; } = 1_000;

    /// <summary>Calls at one moment, after an idle time. Default: the average of two seconds.</summary>
    [Range(1, 1_000_000)]
    public int Burst { get; set; } = 2_000;

    /// <summary>Concurrent calls, streams included. Default: as many as one connection may have.</summary>
    [Range(1, 1_000_000)]
    public int ConcurrentCalls { get; set; } = 1_000;
}
