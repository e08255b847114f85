using Actions.Storage;
using Microsoft.Extensions.Caching.Memory;

namespace Actions.Server.Access;

/// <summary>
/// API keys that were used lately, so that their calls wait for no store. Of more than 10,000 those that weren't used for
/// longest are evicted.
/// </summary>
internal sealed class SeenKeys(TimeProvider time) : IDisposable
{
    // Some hundred bytes each.
    private const int MaxKeys = 10_000;

    private readonly MemoryCache _keys = new(new MemoryCacheOptions { SizeLimit = MaxKeys, CompactionPercentage = 0.01 });
    private readonly Lock _gate = new();
    private long _changes;

    /// <summary>How many keys were issued or revoked by this server. A read of the store notes it before it begins.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    public IEnumerable<SeenKey> All()
    {
        foreach (var id in _keys.Keys)
            if (_keys.TryGetValue(id, out SeenKey? key))
                yield return key!;
    }

    /// <summary>Finds a key for a call, which counts as its use.</summary>
    public StoredApiKey? Use(string id)
    {
        if (!_keys.TryGetValue(id, out SeenKey? seen))
            return null;
        seen!.UsedAt = time.GetTimestamp();
        return seen.Key;
    }

    /// <summary>Keeps a key that was read for a call, unless any key was changed since the read began.</summary>
    public void Keep(StoredApiKey key, long began)
    {
        lock (_gate)
        {
            if (began == _changes)
                Set(key, time.GetTimestamp());
        }
    }

    /// <summary>Puts what was read anew in the place of what is kept. Null: drops it.</summary>
    public void Refresh(SeenKey seen, StoredApiKey? read)
    {
        lock (_gate)
        {
            // Not a key that was changed here, and perhaps read again, since.
            if (!_keys.TryGetValue(seen.Key.Key.Id, out SeenKey? now) || now != seen)
                return;
            if (read is null)
                _keys.Remove(seen.Key.Key.Id);
            else
                Set(read, seen.UsedAt);
        }
    }

    /// <summary>A key was issued or revoked: what is kept of it is no longer true, nor what is being read.</summary>
    public void Invalidate(string id)
    {
        lock (_gate)
        {
            _changes++;
            _keys.Remove(id);
        }
    }

    public void Dispose() => _keys.Dispose();

    private void Set(StoredApiKey key, long usedAt) =>
        _keys.Set(key.Key.Id, new SeenKey(key, usedAt), new MemoryCacheEntryOptions { Size = 1 });
}

/// <summary>A key in memory. Compared by reference: one that was read again is another one.</summary>
internal sealed class SeenKey(StoredApiKey key, long usedAt)
{
    private long _usedAt = usedAt;

    public StoredApiKey Key { get; } = key;

    /// <summary>Timestamp of the last call that used it.</summary>
    public long UsedAt
    {
        get => Interlocked.Read(ref _usedAt);
        set => Interlocked.Exchange(ref _usedAt, value);
    }
}
