using Actions.V1;

namespace Actions.Storage.Decorators;

/// <summary>Applies a <see cref="StoreLimit"/> to every operation.</summary>
public sealed class LimitedApiKeyStore(IApiKeyStore inner, StoreLimit storeLimit) : IApiKeyStore
{
    /// <inheritdoc />
    public Task AddAsync(StoredApiKey key, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.AddAsync(key, token), cancellationToken);

    /// <inheritdoc />
    public Task<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.FindAsync(id, token), cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<StoredApiKey>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.FindAsync(ids, token), cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<CallerKey>> ListAsync(
        string workspace, string afterId, int limit, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.ListAsync(workspace, afterId, limit, token), cancellationToken);

    /// <inheritdoc />
    public Task<CallerKey> RevokeAsync(string workspace, string id, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.RevokeAsync(workspace, id, token), cancellationToken);

    /// <inheritdoc />
    public Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        storeLimit.RunAsync(inner.AnyAsync, cancellationToken);
}
