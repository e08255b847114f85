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
    public async ValueTask<ActionPlan> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        await FindAsync(
            new PlanKey(workspace, id, ""),
            () => store.GetAsync(workspace, id, CancellationToken.None),
            cancellationToken).ConfigureAwait(false)
            ?? throw new ActionNotFoundException(id);

    /// <exception cref="ActionNameNotFoundException">The workspace has no action of that name.</exception>
    /// <exception cref="SecretUnreadableException">A secret of the action can't be decrypted.</exception>
    /// <exception cref="StoreUnavailableException">Not cached, and the store is unavailable.</exception>
    public async ValueTask<ActionPlan> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken) =>
        await FindAsync(
            new PlanKey(workspace, "", ActionName.Key(name)),
            () => store.FindByNameAsync(workspace, name, CancellationToken.None),
            cancellationToken).ConfigureAwait(false)
            ?? throw new ActionNameNotFoundException(name);

    private async ValueTask<ActionPlan?> FindAsync(
        PlanKey wanted, Func<Task<EncryptedAction?>> read, CancellationToken cancellationToken)
    {
        if (cache.Find(wanted) is { } cached)
        {
            metrics.Hit();
            return cached;
        }

        metrics.Miss();
        return await cache.LoadAsync(wanted, () => metrics.LoadAsync(LoadAsync)).WaitAsync(cancellationToken).ConfigureAwait(false);

        async Task<CachedPlan?> LoadAsync() => await read().ConfigureAwait(false) is { } stored
            ? new CachedPlan(compiler.CompileStored(vault.Reveal(wanted.Workspace, stored), "action_config"), stored.Etag)
            : null;
    }
}
