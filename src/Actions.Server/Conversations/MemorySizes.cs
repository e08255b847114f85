using Actions.Storage;
using BitFaster.Caching.Lru;

namespace Actions.Server.Conversations;

/// <summary>
/// Bounds what one call remembers, as far as this server knows: a call that many servers serve may have as much from
/// each.
/// </summary>
internal sealed class MemorySizes
{
    // A call that isn't among so many recent ones is counted anew.
    private const int MaxCalls = 10_000;

    private readonly Lock _gate = new();

    // What is in an entry is guarded by the gate.
    private readonly ConcurrentLru<CallKey, Sizes> _calls = new(MaxCalls);

    /// <returns>Whether the call has room for it.</returns>
    public bool Take(CallKey call, string name, int bytes, long maxBytes)
    {
        lock (_gate)
        {
            var sizes = _calls.GetOrAdd(call, static _ => new Sizes());
            var all = sizes.All - sizes.ByName.GetValueOrDefault(name) + bytes;
            if (all > maxBytes)
                return false;
            sizes.ByName[name] = bytes;
            sizes.All = all;
            return true;
        }
    }

    public void Forget(CallKey call) => _calls.TryRemove(call);

    private sealed class Sizes
    {
        public long All { get; set; }

        public Dictionary<string, int> ByName { get; } = new(StringComparer.Ordinal);
    }
}
