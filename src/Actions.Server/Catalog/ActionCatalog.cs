using Actions.Engine;
using Actions.Server.Errors;
using Actions.Server.Secrets;
using Actions.Storage;
using Actions.V1;

namespace Actions.Server.Catalog;

/// <summary>
/// Compiled actions by id and name: from the cache, or from the store by way of the compiler. <see cref="CatalogFollower"/>
/// keeps the cache true to what other servers write.
/// </summary>
internal sealed class ActionCatalog(IActionStore store, PlanCache plans, SecretVault vault, ActionCompiler compiler)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Wanted, Load> _loads = [];

    /// <exception cref="ActionNotFoundException">The workspace has no such action.</exception>
    /// <exception cref="SecretUnreadableException">A secret of it can't be decrypted.</exception>
    /// <exception cref="StoreUnavailableException">It isn't cached, and the store is unavailable.</exception>
    public async ValueTask<ActionPlan> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        plans.Find(new(workspace, id))?.Plan
            ?? await JoinAsync(new(workspace, id, ""), token => store.GetAsync(workspace, id, token), cancellationToken)
                .ConfigureAwait(false)
            ?? throw new ActionNotFoundException(id);

    /// <exception cref="ActionNameNotFoundException">The workspace has no action of that name.</exception>
    /// <exception cref="SecretUnreadableException">A secret of it can't be decrypted.</exception>
    /// <exception cref="StoreUnavailableException">It isn't cached, and the store is unavailable.</exception>
    public async ValueTask<ActionPlan> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken)
    {
        var key = ActionName.Key(name);
        return plans.FindByName(workspace, key)?.Plan
            ?? await JoinAsync(new(workspace, "", key), token => store.FindByNameAsync(workspace, name, token), cancellationToken)
                .ConfigureAwait(false)
            ?? throw new ActionNameNotFoundException(name);
    }

    /// <summary>
    /// Executions that need the same action at the same time share one read of the store, which goes on when one of them
    /// is cancelled.
    /// </summary>
    private Task<ActionPlan?> JoinAsync(
        Wanted wanted, Func<CancellationToken, Task<ActionConfig?>> read, CancellationToken cancellationToken)
    {
        Load load;
        lock (_gate)
        {
            // A read that began before the last write may return the version before it.
            var writes = plans.Writes;
            if (!_loads.TryGetValue(wanted, out load!) || load.Began != writes)
            {
                _loads[wanted] = load = new Load(writes);
                // On another thread: the read may block, and the gate is held here.
                load.Plan = Task.Run(() => LoadAsync(wanted, load, read), CancellationToken.None);
            }
        }

        return load.Plan.WaitAsync(cancellationToken);
    }

    private async Task<ActionPlan?> LoadAsync(Wanted wanted, Load load, Func<CancellationToken, Task<ActionConfig?>> read)
    {
        try
        {
            if (await read(CancellationToken.None).ConfigureAwait(false) is not { } config)
                return null;
            var bytes = config.CalculateSize() - (config.Sample?.CalculateSize() ?? 0);
            var plan = compiler.CompileStored(vault.Reveal(wanted.Workspace, config), "action_config");
            plans.Keep(wanted.Workspace, new CachedPlan(plan, config.Etag, bytes), load.Began);
            return plan;
        }
        finally
        {
            lock (_gate)
            {
                if (_loads.TryGetValue(wanted, out var last) && last == load)
                    _loads.Remove(wanted);
            }
        }
    }

    /// <summary>An action by its id, or by its name's key.</summary>
    private readonly record struct Wanted(string Workspace, string Id, string NameKey);

    private sealed class Load(long began)
    {
        /// <summary>The writes that were known before it began.</summary>
        public long Began { get; } = began;

        public Task<ActionPlan?> Plan { get; set; } = null!;
    }
}
