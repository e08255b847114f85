using Actions.V1;

namespace Actions.Storage.Decorators;

/// <summary>
/// Reports the key's id for every write after it has completed and before it is acknowledged. Failed writes are
/// reported as well, because they may have reached the disk.
/// </summary>
public sealed class NotifyingApiKeyStore(IApiKeyStore inner, Action<string> written) : IApiKeyStore
{
    /// <inheritdoc />
    public async Task AddAsync(StoredApiKey key, CancellationToken cancellationToken)
    {
        try
        {
            await inner.AddAsync(key, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            written(key.Key.Id);
        }
    }

    /// <inheritdoc />
    public Task<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken) =>
        inner.FindAsync(id, cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<StoredApiKey>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        inner.FindAsync(ids, cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<CallerKey>> ListAsync(
        string workspace, string afterId, int limit, CancellationToken cancellationToken) =>
        inner.ListAsync(workspace, afterId, limit, cancellationToken);

    /// <inheritdoc />
    public async Task<CallerKey> RevokeAsync(string workspace, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await inner.RevokeAsync(workspace, id, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            written(id);
        }
    }

    /// <inheritdoc />
    public Task<bool> AnyAsync(CancellationToken cancellationToken) => inner.AnyAsync(cancellationToken);
}
