using Actions.Storage;
using Actions.V1;

namespace Actions.Server.Store;

/// <summary>Gives every call of the store the server's time-out, so that each RPC keeps it.</summary>
internal sealed class TimedApiKeyStore(IApiKeyStore store, StoreCalls calls) : IApiKeyStore
{
    public Task AddAsync(StoredApiKey key, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.AddAsync(key, token), cancellationToken);

    public Task<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.FindAsync(id, token), cancellationToken);

    public Task<IReadOnlyList<StoredApiKey>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.FindAsync(ids, token), cancellationToken);

    public Task<IReadOnlyList<CallerKey>> ListAsync(
        string workspace, string afterId, int limit, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.ListAsync(workspace, afterId, limit, token), cancellationToken);

    public Task<CallerKey> RevokeAsync(string workspace, string id, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.RevokeAsync(workspace, id, token), cancellationToken);

    public Task<bool> AnyAsync(CancellationToken cancellationToken) => calls.RunAsync(store.AnyAsync, cancellationToken);
}
