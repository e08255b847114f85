using Actions.Storage;
using BitFaster.Caching.Lfu;

namespace Actions.Server.Access;

/// <summary>The API keys in memory. A key that is read while any key is written isn't kept.</summary>
internal sealed class ApiKeyCache(TimeProvider time)
{
    // Some hundred bytes each. Beyond it the least frequently used key makes room.
    private const int MaxCached = 10_000;

    // A key that no client has used for so long is read when it is used again. Long beside the pauses of a voice
    // engine.
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(10);

    private readonly ConcurrentLfu<string, CachedKey> _keys = new(MaxCached);
    private long _writes;
    private volatile bool _any;
    private volatile bool _anyIsKnown;

    /// <summary>How many writes there were: to be read before a read of the store.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Whether there is any key, or ever was one. Null: unknown.</summary>
    public bool? Any => _any ? true : _anyIsKnown ? false : null;

    /// <returns>Null: it isn't cached.</returns>
    public StoredApiKey? Find(string id)
    {
        if (!_keys.TryGet(id, out var cached))
            return null;
        cached.UsedAt = time.GetTimestamp();
        return cached.Key;
    }

    /// <param name="key">Read from the store.</param>
    /// <param name="writes">How many writes there were before it was read.</param>
    public void Keep(StoredApiKey key, long writes)
    {
        if (writes == Writes)
            _keys.AddOrUpdate(key.Key.Id, new CachedKey(key, time.GetTimestamp()));
    }

    /// <inheritdoc cref="Keep" />
    public void KeepAny(bool any, long writes)
    {
        // Keys are never deleted: true stays true.
        if (any)
            _any = true;
        _anyIsKnown = writes == Writes;
    }

    /// <summary>To be called for every write before it is acknowledged.</summary>
    public void Invalidate(string id)
    {
        Interlocked.Increment(ref _writes);
        _anyIsKnown = false;
        _keys.TryRemove(id);
    }

    /// <summary>What is to be read again: the keys that were used lately. Drops the others.</summary>
    public IReadOnlyList<CachedKey> InUse()
    {
        var inUse = new List<CachedKey>();
        foreach (var entry in _keys)
        {
            if (time.GetElapsedTime(entry.Value.UsedAt) < ForgottenAfter)
                inUse.Add(entry.Value);
            else
                _keys.TryRemove(entry);
        }

        return inUse;
    }

    /// <summary>Drops a key, unless it has been cached again since.</summary>
    public void Drop(CachedKey key) => _keys.TryRemove(KeyValuePair.Create(key.Key.Key.Id, key));
}

/// <summary>Compared by reference.</summary>
internal sealed class CachedKey(StoredApiKey key, long usedAt)
{
    private volatile StoredApiKey _key = key;
    private long _usedAt = usedAt;

    /// <summary>As it was last read.</summary>
    public StoredApiKey Key
    {
        get => _key;
        set => _key = value;
    }

    public long UsedAt
    {
        get => Interlocked.Read(ref _usedAt);
        set => Interlocked.Exchange(ref _usedAt, value);
    }
}
