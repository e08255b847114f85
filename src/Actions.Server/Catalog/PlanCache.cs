using Actions.Engine;
using Actions.Server.Configuration;
using Actions.Storage;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Actions.Server.Catalog;

/// <summary>
/// Compiled actions by id and by name, at most <see cref="ServerOptions.MaxCachedActions"/>. Those that weren't used for
/// longest are evicted, a few at a time.
/// </summary>
/// <remarks>
/// A plan that was read while anything was written is used, but not kept: it may be the version before the write.
/// Configurations are written by people and read in about a millisecond, so that hardly a read is lost. One counter of
/// writes is all that this takes.
/// </remarks>
internal sealed class PlanCache : IDisposable
{
    // About the memory of an ordinary action's plan. A larger action counts as several.
    private const int BytesPerAction = 8 << 10;

    // Room is made for so many at once: as few as can be, since what is evicted may be asked for next.
    private const double Compaction = 0.01;

    private readonly MemoryCache _plans;
    private readonly MemoryCache _ids;
    private readonly Lock _gate = new();
    private long _writes;

    public PlanCache(IOptions<ServerOptions> options)
    {
        var limit = options.Value.MaxCachedActions;
        _plans = new(new MemoryCacheOptions { SizeLimit = limit, CompactionPercentage = Compaction });
        _ids = new(new MemoryCacheOptions { SizeLimit = limit, CompactionPercentage = Compaction });
    }

    /// <summary>How many writes the cache has heard of. A load notes it before it reads.</summary>
    public long Writes => Interlocked.Read(ref _writes);

    /// <summary>What is cached now.</summary>
    public IEnumerable<KeyValuePair<ActionKey, CachedPlan>> All()
    {
        foreach (var key in _plans.Keys)
            if (_plans.TryGetValue(key, out CachedPlan? plan))
                yield return KeyValuePair.Create((ActionKey)key, plan!);
    }

    public CachedPlan? Find(ActionKey action) => _plans.TryGetValue(action, out CachedPlan? cached) ? cached : null;

    public CachedPlan? FindByName(string workspace, string nameKey) =>
        _ids.TryGetValue(new NameKey(workspace, nameKey), out string? id) && Find(new(workspace, id!)) is { } cached
        && ActionName.Key(cached.Plan.Name) == nameKey // renamed since
            ? cached
            : null;

    /// <summary>Keeps a plan, unless anything was written since its load began.</summary>
    /// <param name="workspace">The workspace of the action.</param>
    /// <param name="loaded">The plan with the version it was compiled from.</param>
    /// <param name="began"><see cref="Writes"/> from before the read.</param>
    public void Keep(string workspace, CachedPlan loaded, long began)
    {
        lock (_gate)
        {
            if (began != _writes)
                return;
            _plans.Set(new ActionKey(workspace, loaded.Plan.Id), loaded, new MemoryCacheEntryOptions { Size = loaded.Size(BytesPerAction) });
            _ids.Set(new NameKey(workspace, ActionName.Key(loaded.Plan.Name)), loaded.Plan.Id, new MemoryCacheEntryOptions { Size = 1 });
        }
    }

    /// <summary>Hears of a write.</summary>
    /// <param name="action">The action that was written.</param>
    /// <param name="etag">The version that is stored since: a plan of this very version stays. Null: unknown.</param>
    public void Invalidate(ActionKey action, string? etag = null)
    {
        lock (_gate)
        {
            _writes++;
            if (Find(action) is { } cached && cached.Etag != etag)
                _plans.Remove(action);
        }
    }

    /// <summary>Hears that writes may have been missed: no load that is under way may be kept.</summary>
    public void MayHaveMissedWrites()
    {
        lock (_gate)
            _writes++;
    }

    /// <summary>Drops a plan that turned out stale, unless it has been loaded anew.</summary>
    public void Drop(KeyValuePair<ActionKey, CachedPlan> stale)
    {
        lock (_gate)
        {
            if (Find(stale.Key) == stale.Value)
                _plans.Remove(stale.Key);
        }
    }

    public void Dispose()
    {
        _plans.Dispose();
        _ids.Dispose();
    }

    private readonly record struct NameKey(string Workspace, string Name);
}

/// <summary>A compiled action and the version it was compiled from. Compared by reference: two loads are two.</summary>
/// <param name="plan">The compiled action.</param>
/// <param name="etag">The version.</param>
/// <param name="bytes">Size of the stored configuration.</param>
internal sealed class CachedPlan(ActionPlan plan, string etag, int bytes)
{
    public ActionPlan Plan { get; } = plan;

    public string Etag { get; } = etag;

    /// <summary>What it counts in the cache, 1 for an ordinary action.</summary>
    public long Size(int bytesPerAction) => 1 + (bytes / bytesPerAction);
}
