using Actions.Storage;
using BitFaster.Caching.Lfu;

namespace Actions.Server.Access;

/// <summary>Keeps API keys in memory. A key isn't cached if any key was written while it was being read.</summary>
internal sealed class ApiKeyCache(TimeProvider time)
{
    // A few hundred bytes each. When the cache is full, the least frequently used key is evicted.
    private const int MaxCached = 10_000;

    // A key that no client has used for this long is evicted, and read from the store on its next use. Long compared
    // with the pauses of a voice engine.
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(10);

    private readonly ConcurrentLfu<string, CachedKey> _keys = new(MaxCached);
    private long _writes;
    private volatile bool _any;
    private volatile bool _anyIsKnown;

    /// <summary>The number of writes so far. Get it before a read of the store.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>Whether any key exists or ever existed. Null: unknown.</summary>
    public bool? Any => _any ? true : _anyIsKnown ? false : null;

    /// <returns>Null: the key isn't cached.</returns>
    public StoredApiKey? Find(string id)
    {
        if (!_keys.TryGet(id, out var cached))
            return null;
        cached.UsedAt = time.GetTimestamp();
        return cached.Key;
    }

    /// <param name="key">The key as read from the store.</param>
    /// <param name="writes"><see cref="Writes"/> before that read.</param>
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

    /// <summary>Call it for every write, before the write is acknowledged.</summary>
    public void Invalidate(string id)
    {
        Interlocked.Increment(ref _writes);
        _anyIsKnown = false;
        _keys.TryRemove(id);
    }

    /// <summary>The keys in recent use, which have to be read again. Evicts the others.</summary>
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

    /// <summary>The key as it was last read from the store.</summary>
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
