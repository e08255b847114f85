using Actions.Server.Catalog;
using Actions.Storage;
using Actions.V1;

namespace Actions.Server.Store;

/// <summary>
/// Drops an action from the plan cache after each write, before the write is acknowledged. Also after a write that
/// failed: it may have reached the disk.
/// </summary>
internal sealed class InvalidatingActionStore(IActionStore store, PlanCache plans) : IActionStore
{
    public Task InitializeAsync(CancellationToken cancellationToken) => store.InitializeAsync(cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => store.CheckAsync(cancellationToken);

    public IAsyncEnumerable<ActionChanges> WatchAsync(CancellationToken cancellationToken) => store.WatchAsync(cancellationToken);

    public Task<ActionConfig?> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        store.GetAsync(workspace, id, cancellationToken);

    public Task<ActionConfig?> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken) =>
        store.FindByNameAsync(workspace, name, cancellationToken);

    public Task<IReadOnlyList<ActionConfig>> ListAsync(
        string workspace, ActionQuery query, CancellationToken cancellationToken) =>
        store.ListAsync(workspace, query, cancellationToken);

    public Task<IReadOnlyDictionary<ActionKey, string>> ReadEtagsAsync(
        IReadOnlyCollection<ActionKey> actions, CancellationToken cancellationToken) =>
        store.ReadEtagsAsync(actions, cancellationToken);

    public async Task<ActionConfig> CreateAsync(string workspace, ActionConfig config, CancellationToken cancellationToken)
    {
        try
        {
            return await store.CreateAsync(workspace, config, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // A load by name may be finding out at this moment that there is no such action.
            plans.Invalidate(new(workspace, config.Id));
        }
    }

    public async Task<ActionConfig> ReplaceAsync(
        string workspace, ActionConfig config, string expectedEtag, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReplaceAsync(workspace, config, expectedEtag, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            plans.Invalidate(new(workspace, config.Id));
        }
    }

    public async Task DeleteAsync(string workspace, string id, string? expectedEtag, CancellationToken cancellationToken)
    {
        try
        {
            await store.DeleteAsync(workspace, id, expectedEtag, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            plans.Invalidate(new(workspace, id));
        }
    }
}
