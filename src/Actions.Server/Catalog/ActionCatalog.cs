using System.Collections.Concurrent;
using Actions.Engine;
using Actions.Server.Secrets;
using Actions.Server.Telemetry;
using Actions.Storage;
using Actions.V1;
using Microsoft.Extensions.Options;

namespace Actions.Server.Catalog;

/// <summary>
/// Compiled actions by id and name: from the cache, or from the store by way of the compiler. <see cref="CatalogFollower"/>
/// keeps the cache true to what other servers write.
/// </summary>
internal sealed class ActionCatalog(
    IActionStore store,
    StoreReads reads,
    SecretVault vault,
    ActionCompiler compiler,
    IOptions<ServerOptions> options,
    CatalogMetrics metrics)
{
    private readonly ConcurrentDictionary<ActionKey, CachedPlan> _plans = new();
    private readonly ConcurrentDictionary<(string Workspace, string NameKey), string> _ids = new();
    private readonly Lock _gate = new();

    // All under the gate. Writes are numbered, so that a load can tell what was written since it began: what was read
    // before a write that ended meanwhile must not be kept, not even for a moment.
    private readonly Dictionary<(string Workspace, string Id, string NameKey), Load> _loads = [];
    private readonly Dictionary<ActionKey, (long Number, string? Etag)> _written = [];
    private long _writes;
    private long _forgottenUntil;
    private long _unknownUntil;
    private bool _isUnverified;
    private int _loading;

    /// <summary>What is cached now.</summary>
    public IReadOnlyCollection<KeyValuePair<ActionKey, CachedPlan>> Cached => _plans.ToArray();

    /// <exception cref="ActionNotFoundException">The workspace has no such action.</exception>
    /// <exception cref="SecretUnreadableException">A secret of it can't be decrypted.</exception>
    /// <exception cref="StoreUnavailableException">It isn't cached, and the store is away.</exception>
    public async ValueTask<ActionPlan> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        _plans.TryGetValue(new(workspace, id), out var cached)
            ? Hit(cached)
            : await JoinAsync((workspace, id, ""), token => store.GetAsync(workspace, id, token), cancellationToken)
                .ConfigureAwait(false)
                ?? throw new ActionNotFoundException(id);

    /// <exception cref="ActionNameNotFoundException">The workspace has no action of that name.</exception>
    /// <exception cref="SecretUnreadableException">A secret of it can't be decrypted.</exception>
    /// <exception cref="StoreUnavailableException">It isn't cached, and the store is away.</exception>
    public async ValueTask<ActionPlan> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken)
    {
        var key = ActionName.Key(name);
        return _ids.TryGetValue((workspace, key), out var id) && _plans.TryGetValue(new(workspace, id), out var cached)
            && ActionName.Key(cached.Plan.Name) == key // renamed since
            ? Hit(cached)
            : await JoinAsync((workspace, "", key), token => store.FindByNameAsync(workspace, name, token), cancellationToken)
                .ConfigureAwait(false)
                ?? throw new ActionNameNotFoundException(name);
    }

    private ActionPlan Hit(CachedPlan cached)
    {
        metrics.Hit();
        return cached.Plan;
    }

    /// <summary>To be called after every write, before it is acknowledged.</summary>
    public void Invalidate(string workspace, string id) => Invalidate(new ActionKey(workspace, id), etag: null);

    /// <summary>To be called for every write that is told of.</summary>
    /// <param name="action">What was written.</param>
    /// <param name="etag">The version that is known to be there since: who has read it needn't read again, which matters
    /// when the store goes away right after a write. Null: unknown.</param>
    public void Invalidate(ActionKey action, string? etag)
    {
        lock (_gate)
        {
            _writes++;
            if (_plans.TryGetValue(action, out var cached) && cached.Etag != etag)
                _plans.TryRemove(action, out _);
            if (_loading == 0)
                return;
            if (_written.Count >= options.Value.MaxCachedActions)
            {
                _forgottenUntil = _writes;
                _written.Clear();
            }

            _written[action] = (_writes, etag);
        }
    }

    /// <summary>There may have been writes that nobody tells of: what is being read now has to be verified later.</summary>
    public void MayHaveMissedWrites()
    {
        lock (_gate)
            _unknownUntil = ++_writes;
    }

    /// <returns>Whether something is kept since the last call that was being read when writes may have been missed.</returns>
    public bool TakeUnverified()
    {
        lock (_gate)
        {
            var was = _isUnverified;
            _isUnverified = false;
            return was;
        }
    }

    /// <summary>Drops a plan, unless it has been loaded anew.</summary>
    public void Drop(KeyValuePair<ActionKey, CachedPlan> stale) => _plans.TryRemove(stale);

    /// <summary>
    /// Callers who want the same at the same time share one read of the store; what one of them reads goes on when it gives up.
    /// </summary>
    private Task<ActionPlan?> JoinAsync(
        (string Workspace, string Id, string NameKey) wanted,
        Func<CancellationToken, Task<ActionConfig?>> read,
        CancellationToken cancellationToken)
    {
        metrics.Miss();
        Load load;
        lock (_gate)
        {
            // One that began before the last write may have read what was there before.
            if (!_loads.TryGetValue(wanted, out load!) || load.Began != _writes)
            {
                _loads[wanted] = load = new Load(_writes);
                _loading++;
                // Elsewhere: reading may keep this thread, and nobody may wait for the gate meanwhile.
                load.Plan = Task.Run(() => metrics.LoadAsync(() => LoadAsync(wanted, load, read)), CancellationToken.None);
            }
        }

        return load.Plan.WaitAsync(cancellationToken);
    }

    private async Task<ActionPlan?> LoadAsync(
        (string Workspace, string Id, string NameKey) wanted, Load load, Func<CancellationToken, Task<ActionConfig?>> read)
    {
        CachedPlan? loaded = null;
        try
        {
            if (await reads.ForCallAsync(read, CancellationToken.None).ConfigureAwait(false) is { } config)
                loaded = new CachedPlan(compiler.CompileStored(vault.Reveal(wanted.Workspace, config), "action_config"), config.Etag);
            return loaded?.Plan;
        }
        finally
        {
            lock (_gate)
            {
                if (loaded is not null && !IsStale(new(wanted.Workspace, loaded.Plan.Id), loaded.Etag, load))
                {
                    Keep(wanted.Workspace, loaded);
                    _isUnverified |= load.Began < _unknownUntil;
                }

                if (_loads.TryGetValue(wanted, out var last) && last == load)
                    _loads.Remove(wanted);
                if (--_loading == 0)
                    _written.Clear();
            }
        }
    }

    private bool IsStale(ActionKey action, string etag, Load load) =>
        load.Began < _forgottenUntil
        || (_written.TryGetValue(action, out var written) && load.Began < written.Number && written.Etag != etag);

    private void Keep(string workspace, CachedPlan loaded)
    {
        // Renamed actions leave their old names behind: there may be more of those than of plans.
        if (Math.Max(_plans.Count, _ids.Count) >= options.Value.MaxCachedActions)
        {
            metrics.Evicted(_plans.Count);
            _plans.Clear();
            _ids.Clear();
        }

        _plans[new(workspace, loaded.Plan.Id)] = loaded;
        _ids[(workspace, ActionName.Key(loaded.Plan.Name))] = loaded.Plan.Id;
    }

    private sealed class Load(long began)
    {
        /// <summary>After which write.</summary>
        public long Began { get; } = began;

        public Task<ActionPlan?> Plan { get; set; } = null!;
    }
}

/// <summary>A compiled action and the version that it was made of. Compared by reference: two loads are two.</summary>
internal sealed class CachedPlan(ActionPlan plan, string etag)
{
    public ActionPlan Plan { get; } = plan;

    public string Etag { get; } = etag;
}
