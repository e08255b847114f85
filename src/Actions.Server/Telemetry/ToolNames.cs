using System.Collections.Concurrent;
using Actions.Engine.Telemetry;

namespace Actions.Server.Telemetry;

/// <summary>Keeps the first names and replaces all others, so that the number of a metric's series is
/// bounded.</summary>
internal sealed class ToolNames(int max)
{
    private readonly ConcurrentDictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();

    /// <returns>Null: names aren't exported.</returns>
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
