using System.Collections.Concurrent;
using Actions.Engine.Telemetry;

namespace Actions.Server.Telemetry;

/// <summary>Lets the first names through and replaces further ones, so that the series of a metric stay
/// bounded.</summary>
internal sealed class ToolNames(int max)
{
    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <returns>Null: names are no attribute.</returns>
    public string? Bounded(string name)
    {
        if (max == 0)
            return null;
        if (_known.TryGetValue(name, out var known))
            return known;
        lock (_gate)
            return _known.Count < max ? _known.GetOrAdd(name, name) : MetricTags.Other;
    }
}
