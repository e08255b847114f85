using Actions.V1;

namespace Actions.Storage;

/// <summary>Keeps the API keys of all workspaces, as digests. Every engine passes <c>ApiKeyStoreContract</c>.</summary>
/// <remarks>
/// As with <see cref="IActionStore"/>: a write whose task completed is durable, messages are copied in and out, and
/// nothing of another workspace is listed or revoked. Every method may throw <see cref="StoreUnavailableException"/>,
/// and
/// nothing else that stems from a driver. A key is never deleted: that there has ever been one keeps the server closed.
/// </remarks>
public interface IApiKeyStore
{
    /// <summary>Stores a new key under its id, which the caller makes.</summary>
    Task AddAsync(StoredApiKey key, CancellationToken cancellationToken);

    /// <summary>Whichever workspace it is of: this is how a caller's workspace is found out.</summary>
    /// <returns>Null: there is no such key.</returns>
    Task<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>As <see cref="FindAsync(string, CancellationToken)"/>, many at once.</summary>
    /// <returns>Those that there are, in any order.</returns>
    Task<IReadOnlyList<StoredApiKey>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <returns>At most <paramref name="limit"/> keys of the workspace with an id after <paramref name="afterId"/>, in
    /// the order of their ids (byte by byte), revoked ones included.</returns>
    Task<IReadOnlyList<CallerKey>> ListAsync(string workspace, string afterId, int limit, CancellationToken cancellationToken);

    /// <summary>Marks the key as revoked; a key that is revoked already keeps its time.</summary>
    /// <returns>What is stored.</returns>
    /// <exception cref="ApiKeyNotFoundException">The workspace has no such key.</exception>
    Task<CallerKey> RevokeAsync(string workspace, string id, CancellationToken cancellationToken);

    /// <returns>Whether there is any key, of whatever workspace, revoked or not.</returns>
    Task<bool> AnyAsync(CancellationToken cancellationToken);
}

/// <summary>A key as it is kept.</summary>
/// <param name="Workspace">Whose calls it makes.</param>
/// <param name="Key">With its id.</param>
/// <param name="Sha256">The digest of the key's text, 32 bytes.</param>
public sealed record StoredApiKey(string Workspace, CallerKey Key, ReadOnlyMemory<byte> Sha256);
