using Actions.Engine;
using Actions.Server.Errors;
using Actions.Server.Secrets;
using Actions.Server.Telemetry;
using Actions.Storage;

namespace Actions.Server.Catalog;

/// <summary>
/// Provides compiled actions by id and name: from the cache, or from the store through the compiler.
/// <see cref="CatalogFollower"/> drops actions from the cache that other servers have written.
/// </summary>
internal sealed class ActionCatalog(
    EncryptedActionStore store, PlanCache cache, SecretVault vault, ActionCompiler compiler, CatalogMetrics metrics)
{
    /// <exception cref="ActionNotFoundException">The workspace has no such action.</exception>
    /// <exception cref="SecretUnreadableException">A secret of the action can't be decrypted.</exception>
    /// <exception cref="StoreUnavailableException">Not cached, and the store is unavailable.</exception>
    public ValueTask<ActionPlan> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        FindAsync(new PlanKey(workspace, id, ""), id, cancellationToken);

    /// <exception cref="ActionNameNotFoundException">The workspace has no action of that name.</exception>
    /// <exception cref="SecretUnreadableException">A secret of the action can't be decrypted.</exception>
    /// <exception cref="StoreUnavailableException">Not cached, and the store is unavailable.</exception>
    public ValueTask<ActionPlan> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken) =>
        FindAsync(new PlanKey(workspace, "", ActionName.Key(name)), name, cancellationToken);

    private ValueTask<ActionPlan> FindAsync(PlanKey wanted, string asked, CancellationToken cancellationToken)
    {
        if (cache.Find(wanted) is not { } cached)
            return LoadAsync(wanted, asked, cancellationToken);
        metrics.Hit();
        return new(cached);
    }

    private async ValueTask<ActionPlan> LoadAsync(PlanKey wanted, string asked, CancellationToken cancellationToken)
    {
        metrics.Miss();
        var loaded = await cache.LoadAsync(wanted, () => metrics.LoadAsync(CompileAsync))
            .WaitAsync(cancellationToken).ConfigureAwait(false);
        if (loaded is not null)
            return loaded;
        throw wanted.Id.Length > 0 ? new ActionNotFoundException(asked) : new ActionNameNotFoundException(asked);

        async Task<CachedPlan?> CompileAsync() => await ReadAsync().ConfigureAwait(false) is { } stored
            ? new CachedPlan(compiler.CompileStored(vault.Reveal(wanted.Workspace, stored), "action_config"), stored.Etag)
            : null;

        Task<EncryptedAction?> ReadAsync() => wanted.Id.Length > 0
            ? store.GetAsync(wanted.Workspace, wanted.Id, CancellationToken.None)
            : store.FindByNameAsync(wanted.Workspace, asked, CancellationToken.None);
    }
}
