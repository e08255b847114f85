using Actions.V1;

namespace Actions.Storage.Decorators;

/// <summary>
/// Reports every write after it has completed and before it is acknowledged. Failed writes are reported as well,
/// because they may have reached the disk.
/// </summary>
public sealed class NotifyingActionStore(IActionStore inner, Action<ActionKey> written) : IActionStore
{
    /// <inheritdoc />
    public Task InitializeAsync(CancellationToken cancellationToken) => inner.InitializeAsync(cancellationToken);

    /// <inheritdoc />
    public Task CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

    /// <inheritdoc />
    public async Task<ActionConfig> CreateAsync(string workspace, ActionConfig config, CancellationToken cancellationToken)
    {
        try
        {
            return await inner.CreateAsync(workspace, config, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            written(new ActionKey(workspace, config.Id));
        }
    }

    /// <inheritdoc />
    public Task<ActionConfig?> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        inner.GetAsync(workspace, id, cancellationToken);

    /// <inheritdoc />
    public Task<ActionConfig?> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken) =>
        inner.FindByNameAsync(workspace, name, cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<ActionConfig>> ListAsync(
        string workspace, ActionQuery query, CancellationToken cancellationToken) =>
        inner.ListAsync(workspace, query, cancellationToken);

    /// <inheritdoc />
    public async Task<ActionConfig> ReplaceAsync(
        string workspace, ActionConfig config, string expectedEtag, CancellationToken cancellationToken)
    {
        try
        {
            return await inner.ReplaceAsync(workspace, config, expectedEtag, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            written(new ActionKey(workspace, config.Id));
        }
    }

    /// <inheritdoc />
    public async Task DeleteAsync(string workspace, string id, string? expectedEtag, CancellationToken cancellationToken)
    {
        try
        {
            await inner.DeleteAsync(workspace, id, expectedEtag, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            written(new ActionKey(workspace, id));
        }
    }

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<ActionKey, string>> ReadEtagsAsync(
        IReadOnlyCollection<ActionKey> actions, CancellationToken cancellationToken) =>
        inner.ReadEtagsAsync(actions, cancellationToken);

    /// <inheritdoc />
    public IAsyncEnumerable<ActionChanges> WatchAsync(CancellationToken cancellationToken) =>
        inner.WatchAsync(cancellationToken);
}
