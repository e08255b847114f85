using Actions.Server.Access;
using Actions.Storage;
using Actions.V1;

namespace Actions.Server.Store;

/// <summary>
/// Drops a key from memory after it was issued or revoked, before that is acknowledged. Also after a write that failed: it
/// may have reached the disk.
/// </summary>
internal sealed class InvalidatingApiKeyStore(IApiKeyStore store, SeenKeys keys) : IApiKeyStore
{
    public Task<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken) => store.FindAsync(id, cancellationToken);

    public Task<IReadOnlyList<StoredApiKey>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        store.FindAsync(ids, cancellationToken);

    public Task<IReadOnlyList<CallerKey>> ListAsync(
        string workspace, string afterId, int limit, CancellationToken cancellationToken) =>
        store.ListAsync(workspace, afterId, limit, cancellationToken);

    public Task<bool> AnyAsync(CancellationToken cancellationToken) => store.AnyAsync(cancellationToken);

    public async Task AddAsync(StoredApiKey key, CancellationToken cancellationToken)
    {
        try
        {
            await store.AddAsync(key, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            keys.Invalidate(key.Key.Id);
        }
    }

    public async Task<CallerKey> RevokeAsync(string workspace, string id, CancellationToken cancellationToken)
    {
        try
        {
            return await store.RevokeAsync(workspace, id, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            keys.Invalidate(id);
        }
    }
}
