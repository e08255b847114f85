using BitFaster.Caching.Lru;

namespace Actions.Server.Logging;

/// <summary>Lets one log event per key through in an interval. The most recently used keys are remembered.</summary>
/// <param name="interval">The shortest time between two events of one key.</param>
/// <param name="capacity">Keys that are remembered. The event of a forgotten key is logged early.</param>
internal sealed class LogThrottle<TKey>(TimeSpan interval, TimeProvider time, int capacity = 10_000)
    where TKey : notnull
{
    private readonly ConcurrentLru<TKey, LastEvent> _last =
        new(Environment.ProcessorCount, capacity, EqualityComparer<TKey>.Default);

    /// <summary>Keys that are remembered now.</summary>
    public int Count => _last.Count;

    /// <returns>Whether the event may be logged; then the next one of this key has to wait.</returns>
    public bool TryTake(TKey key)
    {
        var now = time.GetTimestamp();
        var last = _last.GetOrAdd(key, static _ => new LastEvent());
        lock (last)
        {
            if (last.At is { } at && time.GetElapsedTime(at, now) < interval)
                return false;
            last.At = now;
            return true;
        }
    }

    private sealed class LastEvent
    {
        public long? At { get; set; }
    }
}
