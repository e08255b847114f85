using Actions.Engine;
using Actions.Server.Configuration;
using Actions.Storage;
using BitFaster.Caching.Lfu;
using Microsoft.Extensions.Options;

namespace Actions.Server.Catalog;

/// <summary>
/// The compiled actions in memory, and the loads in progress. If an action is written during its load, only the calls
/// that began before the write use the loaded plan, and the plan isn't cached.
/// </summary>
/// <remarks>
/// A full cache evicts the least frequently used action (W-TinyLFU). A voice engine calls its actions in turn: with one
/// action more than fits, LRU would evict each action shortly before its next use.
/// </remarks>
internal sealed class PlanCache(IOptions<ServerOptions> options)
{
    private readonly long _maxBytes = options.Value.MaxCachedActionBytes;

    // The minimum of the algorithm.
    private const int MinCapacity = 3;

    private readonly ConcurrentLfu<ActionKey, CachedPlan> _plans = new(Math.Max(options.Value.MaxCachedActions, MinCapacity));

    // Renamed actions leave their old names behind, so that there may be more names than plans.
    private readonly ConcurrentLfu<(string Workspace, string NameKey), string> _ids =
        new(Math.Max(options.Value.MaxCachedActions, MinCapacity));

    private readonly Lock _gate = new();

    // Guarded by the gate. A load that may have read an outdated version is removed: no further call joins it, and its
    // plan isn't cached.
    private readonly Dictionary<PlanKey, Load> _loads = [];

    // Guarded by the gate. At least what the plans take: those that were dropped since the last count are in it.
    private long _bytes;

    /// <summary>The currently cached plans.</summary>
    public IReadOnlyCollection<KeyValuePair<ActionKey, CachedPlan>> Cached => _plans.ToArray();

    /// <summary>The number of plans evicted so far.</summary>
    public long Evictions => _plans.Metrics.Value?.Evicted ?? 0;

    /// <returns>Null: the plan isn't cached.</returns>
    public ActionPlan? Find(PlanKey wanted)
    {
        var id = wanted.Id;
        if (id.Length == 0 && !_ids.TryGet((wanted.Workspace, wanted.NameKey), out id))
            return null;
        return _plans.TryGet(new(wanted.Workspace, id), out var cached)
            // The action may have been renamed since.
            && (wanted.NameKey.Length == 0 || cached.NameKey == wanted.NameKey)
            ? cached.Plan
            : null;
    }

    /// <summary>
    /// Concurrent calls for the same plan share one load. The load continues when the calls are cancelled. A call that
    /// missed the plan while the load was about to end gets what it has kept.
    /// </summary>
    public Task<ActionPlan?> LoadAsync(PlanKey wanted, Func<Task<CachedPlan?>> load)
    {
        lock (_gate)
        {
            if (!_loads.TryGetValue(wanted, out var running))
            {
                if (Find(wanted) is { } kept)
                    return Task.FromResult<ActionPlan?>(kept);
                _loads[wanted] = running = new Load();
                // On another thread, because this one holds the gate.
                running.Plan = Task.Run(() => RunAsync(wanted, running, load), CancellationToken.None);
            }

            return running.Plan;
        }
    }

    /// <summary>Must be called for every write before it is acknowledged, and for every write that the store
    /// reports.</summary>
    /// <param name="action">The action that was created, replaced or deleted.</param>
    /// <param name="etag">The version after the write. A cached plan of that version is kept, which matters when the
    /// store becomes unavailable right after the write. Null: unknown.</param>
    public void Invalidate(ActionKey action, string? etag)
    {
        lock (_gate)
        {
            if (_plans.TryGet(action, out var cached) && cached.Etag != etag)
                _plans.TryRemove(action);
            // A load by name may return any action of the workspace.
            foreach (var key in _loads.Keys.Where(key => key.Workspace == action.Workspace && (key.Id == action.Id || key.Id.Length == 0)))
                _loads.Remove(key);
        }
    }

    /// <summary>Writes may have gone unreported: the plans of current loads aren't cached.</summary>
    public void InvalidateLoads()
    {
        lock (_gate)
            _loads.Clear();
    }

    /// <summary>Drops a plan, unless it has been loaded again since.</summary>
    public void Drop(KeyValuePair<ActionKey, CachedPlan> stale) => _plans.TryRemove(stale);

    private async Task<ActionPlan?> RunAsync(PlanKey wanted, Load running, Func<Task<CachedPlan?>> load)
    {
        CachedPlan? loaded = null;
        try
        {
            loaded = await load().ConfigureAwait(false);
            return loaded?.Plan;
        }
        finally
        {
            lock (_gate)
            {
                if (_loads.TryGetValue(wanted, out var current) && current == running)
                {
                    _loads.Remove(wanted);
                    if (loaded is not null)
                        Keep(wanted.Workspace, loaded);
                }
            }
        }
    }

    private void Keep(string workspace, CachedPlan loaded)
    {
        if (loaded.Plan.Bytes > _maxBytes)
            return;
        _plans.AddOrUpdate(new(workspace, loaded.Plan.Id), loaded);
        _bytes += loaded.Plan.Bytes;
        if (_bytes > _maxBytes)
            EvictBytes();
        _ids.AddOrUpdate((workspace, loaded.NameKey), loaded.Plan.Id);
    }

    /// <summary>The cache itself counts plans, however large.</summary>
    private void EvictBytes()
    {
        _bytes = Count();
        // More than is needed, so that not every load counts.
        while (_bytes > _maxBytes / 16 * 15 && _plans.Count is > 0 and var count)
        {
            _plans.Policy.Eviction.Value!.Trim(Math.Max(count / 16, 1));
            _bytes = Count();
        }

        long Count() => _plans.Sum(cached => cached.Value.Plan.Bytes);
    }

    private sealed class Load
    {
        public Task<ActionPlan?> Plan { get; set; } = null!;
    }
}

/// <summary>Identifies an action by its id, or by the compared form of its name; the other field is empty.</summary>
internal readonly record struct PlanKey(string Workspace, string Id, string NameKey);

/// <summary>A compiled action and its version. Compared by reference: the plans of two loads are different.</summary>
internal sealed class CachedPlan(ActionPlan plan, string etag)
{
    public ActionPlan Plan { get; } = plan;

    public string Etag { get; } = etag;

    /// <summary>The compared form of the action's name.</summary>
    public string NameKey { get; } = ActionName.Key(plan.Name);
}
