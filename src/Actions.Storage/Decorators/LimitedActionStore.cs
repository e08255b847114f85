using Actions.V1;

namespace Actions.Storage.Decorators;

/// <summary>
/// Applies a <see cref="StoreLimit"/> to every operation that an RPC waits for. Preparation, check and change stream
/// are exempt: they run in the background, have their own limits, and detect that the store is available again.
/// </summary>
public sealed class LimitedActionStore(IActionStore inner, StoreLimit limit) : IActionStore
{
    /// <inheritdoc />
    public Task InitializeAsync(CancellationToken cancellationToken) => inner.InitializeAsync(cancellationToken);

    /// <inheritdoc />
    public Task CheckAsync(CancellationToken cancellationToken) => inner.CheckAsync(cancellationToken);

    /// <inheritdoc />
    public Task<ActionConfig> CreateAsync(string workspace, ActionConfig config, CancellationToken cancellationToken) =>
        limit.RunAsync(token => inner.CreateAsync(workspace, config, token), cancellationToken);

    /// <inheritdoc />
    public Task<ActionConfig?> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        limit.RunAsync(token => inner.GetAsync(workspace, id, token), cancellationToken);

    /// <inheritdoc />
    public Task<ActionConfig?> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken) =>
        limit.RunAsync(token => inner.FindByNameAsync(workspace, name, token), cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<ActionConfig>> ListAsync(
        string workspace, ActionQuery query, CancellationToken cancellationToken) =>
        limit.RunAsync(token => inner.ListAsync(workspace, query, token), cancellationToken);

    /// <inheritdoc />
    public Task<ActionConfig> ReplaceAsync(
        string workspace, ActionConfig config, string expectedEtag, CancellationToken cancellationToken) =>
        limit.RunAsync(token => inner.ReplaceAsync(workspace, config, expectedEtag, token), cancellationToken);

    /// <inheritdoc />
    public Task DeleteAsync(string workspace, string id, string? expectedEtag, CancellationToken cancellationToken) =>
        limit.RunAsync(token => inner.DeleteAsync(workspace, id, expectedEtag, token), cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<ActionKey, string>> ReadEtagsAsync(
        IReadOnlyCollection<ActionKey> actions, CancellationToken cancellationToken) =>
        limit.RunAsync(token => inner.ReadEtagsAsync(actions, token), cancellationToken);

    /// <inheritdoc />
    public IAsyncEnumerable<ActionChanges> WatchAsync(CancellationToken cancellationToken) =>
        inner.WatchAsync(cancellationToken);
}
