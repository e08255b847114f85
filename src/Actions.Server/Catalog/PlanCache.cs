using Actions.Engine;
using Actions.Server.Configuration;
using Actions.Storage;
using BitFaster.Caching.Lfu;
using Microsoft.Extensions.Options;

namespace Actions.Server.Catalog;

/// <summary>
/// The compiled actions in memory, and the loads in progress. A load during which its action was written is used by the
/// calls that began before the write, and isn't kept.
/// </summary>
/// <remarks>
/// When the cache is full, the least frequently used action makes room (W-TinyLFU). A voice engine's actions are called
/// in
/// turn: with one action more than fits, LRU would drop each shortly before it is used again.
/// </remarks>
internal sealed class PlanCache(IOptions<ServerOptions> options)
{
    // The least that the algorithm works with.
    private const int MinCapacity = 3;

    private readonly ConcurrentLfu<ActionKey, CachedPlan> _plans = new(Math.Max(options.Value.MaxCachedActions, MinCapacity));

    // Renamed actions leave their old names behind: there may be more of those than of plans.
    private readonly ConcurrentLfu<(string Workspace, string NameKey), string> _ids =
        new(Math.Max(options.Value.MaxCachedActions, MinCapacity));

    private readonly Lock _gate = new();

    // Under the gate. A load that may have read an older version than there is now is taken out: nothing joins it any
    // more, and its plan isn't kept.
    private readonly Dictionary<PlanKey, Load> _loads = [];

    /// <summary>What is cached now.</summary>
    public IReadOnlyCollection<KeyValuePair<ActionKey, CachedPlan>> Cached => _plans.ToArray();

    /// <summary>How many plans made room for others so far.</summary>
    public long Evictions => _plans.Metrics.Value?.Evicted ?? 0;

    /// <returns>Null: it isn't cached.</returns>
    public ActionPlan? Find(PlanKey wanted)
    {
        var id = wanted.Id;
        if (id.Length == 0 && !_ids.TryGet((wanted.Workspace, wanted.NameKey), out id))
            return null;
        return _plans.TryGet(new(wanted.Workspace, id), out var cached)
            // The action may have been renamed since.
            && (wanted.NameKey.Length == 0 || ActionName.Key(cached.Plan.Name) == wanted.NameKey)
            ? cached.Plan
            : null;
    }

    /// <summary>
    /// Calls that need the same plan at the same time share one load. It goes on when the calls are cancelled.
    /// </summary>
    public Task<ActionPlan?> LoadAsync(PlanKey wanted, Func<Task<CachedPlan?>> load)
    {
        lock (_gate)
        {
            if (!_loads.TryGetValue(wanted, out var running))
            {
                _loads[wanted] = running = new Load();
                // On another thread: the gate is held.
                running.Plan = Task.Run(() => RunAsync(wanted, running, load), CancellationToken.None);
            }

            return running.Plan;
        }
    }

    /// <summary>To be called for every write before it is acknowledged, and for every write that the store
    /// reports.</summary>
    /// <param name="action">Was created, replaced or deleted.</param>
    /// <param name="etag">The version since then: a plan of that version stays, which matters when the store becomes
    /// unavailable right after the write. Null: unknown.</param>
    public void Invalidate(ActionKey action, string? etag)
    {
        lock (_gate)
        {
            if (_plans.TryGet(action, out var cached) && cached.Etag != etag)
                _plans.TryRemove(action);
            // What a load by name will find isn't known yet.
            foreach (var key in _loads.Keys.Where(key => key.Workspace == action.Workspace && (key.Id == action.Id || key.Id.Length == 0)))
                _loads.Remove(key);
        }
    }

    /// <summary>Writes may have gone unreported: no load that is running now is kept.</summary>
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
        _plans.AddOrUpdate(new(workspace, loaded.Plan.Id), loaded);
        _ids.AddOrUpdate((workspace, ActionName.Key(loaded.Plan.Name)), loaded.Plan.Id);
    }

    private sealed class Load
    {
        public Task<ActionPlan?> Plan { get; set; } = null!;
    }
}

/// <summary>How a call names an action: by its id, or by the form of its name that is compared; the other is
/// empty.</summary>
internal readonly record struct PlanKey(string Workspace, string Id, string NameKey);

/// <summary>A compiled action and the version that it was made of. Compared by reference: two loads are two.</summary>
internal sealed class CachedPlan(ActionPlan plan, string etag)
{
    public ActionPlan Plan { get; } = plan;

    public string Etag { get; } = etag;
}
