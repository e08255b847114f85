using Actions.V1;

namespace Actions.Storage;

/// <summary>Stores the digests of all workspaces' API keys. Every engine passes <c>ApiKeyStoreContract</c>.</summary>
/// <remarks>
/// As with <see cref="IActionStore"/>: a write is durable once its task has completed, messages are copied in and out,
/// and keys of other workspaces are never listed or revoked. Every method may throw
/// <see cref="StoreUnavailableException"/>, but no exception of a driver. Keys are never deleted: once a key has
/// existed, the server requires authentication.
/// </remarks>
public interface IApiKeyStore
{
    /// <summary>Stores a new key under the id that it was given.</summary>
    Task AddAsync(StoredApiKey key, CancellationToken cancellationToken);

    /// <summary>Searches all workspaces: authentication determines the client's workspace from its key.</summary>
    /// <returns>Null: no such key.</returns>
    Task<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Like <see cref="FindAsync(string, CancellationToken)"/>, for several keys.</summary>
    /// <returns>The keys that exist, in any order.</returns>
    Task<IReadOnlyList<StoredApiKey>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <returns>At most <paramref name="limit"/> keys of the workspace with an id after <paramref name="afterId"/>,
    /// sorted by id (byte by byte), including revoked keys.</returns>
    Task<IReadOnlyList<CallerKey>> ListAsync(string workspace, string afterId, int limit, CancellationToken cancellationToken);

    /// <summary>Marks the key as revoked; a key that is revoked already keeps its revoke time.</summary>
    /// <returns>The stored key.</returns>
    /// <exception cref="ApiKeyNotFoundException">The workspace has no such key.</exception>
    Task<CallerKey> RevokeAsync(string workspace, string id, CancellationToken cancellationToken);

    /// <returns>Whether any workspace has a key, revoked or not.</returns>
    Task<bool> AnyAsync(CancellationToken cancellationToken);
}

/// <summary>A stored API key.</summary>
/// <param name="Workspace">The workspace that calls with this key belong to.</param>
/// <param name="Sha256">Digest of the key's text, 32 bytes.</param>
public sealed record StoredApiKey(string Workspace, CallerKey Key, ReadOnlyMemory<byte> Sha256);
