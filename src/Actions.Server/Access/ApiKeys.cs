using System.Security.Cryptography;
using Actions.Server.Errors;
using Actions.Storage;
using Actions.V1;
using Microsoft.Extensions.Options;

namespace Actions.Server.Access;

/// <summary>
/// Maps an API key to a client. Keys that were used once are cached and read again in the background
/// (<see cref="ApiKeyRefresher"/>): their calls don't wait for the store, and an unavailable store doesn't lock them
/// out.
/// </summary>
internal sealed class ApiKeys(IApiKeyStore store, ApiKeyCache cache, TimeProvider time, IOptions<AccessOptions> options)
{
    private const string Invalid = "The API key is not valid: it is unknown, has expired or was revoked.";

    private readonly byte[]? _adminDigest = options.Value.AdminKey.Length == 0 ? null : ApiKeyText.Digest(options.Value.AdminKey);

    /// <summary>
    /// Whether any key exists or ever existed: revoking all keys doesn't open the server again. True as soon as a first
    /// key is created on this server, and within two seconds if it is created on another one.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It isn't known yet, and the store is unavailable.</exception>
    public async ValueTask<bool> AnyAsync(CancellationToken cancellationToken) =>
        _adminDigest is not null || (cache.Any ?? await ReadAnyAsync(cancellationToken).ConfigureAwait(false));

    /// <exception cref="CredentialsInvalidException">The key is unknown, expired or revoked.</exception>
    /// <exception cref="StoreUnavailableException">The key isn't cached, and the store is unavailable.</exception>
    public async ValueTask<ClientIdentity> ClientOfAsync(string text, CancellationToken cancellationToken)
    {
        var digest = ApiKeyText.Digest(text);
        if (_adminDigest is not null && CryptographicOperations.FixedTimeEquals(digest, _adminDigest))
            return new ClientIdentity(options.Value.AdminWorkspace, Role.Admin);
        if (ApiKeyText.IdOf(text) is { } id
            && await FindAsync(id, cancellationToken).ConfigureAwait(false) is { } stored
            && CryptographicOperations.FixedTimeEquals(digest, stored.Sha256.Span)
            && stored.Key.RevokeTime is null
            && !(stored.Key.ExpireTime?.ToDateTimeOffset() <= time.GetUtcNow()))
            return new ClientIdentity(stored.Workspace, stored.Key.Role);
        throw new CredentialsInvalidException(Invalid);
    }

    /// <summary>Reads all cached keys again, in one operation.</summary>
    /// <exception cref="StoreUnavailableException">The cache stays unchanged.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (_adminDigest is null && cache.Any == false)
            await ReadAnyAsync(cancellationToken).ConfigureAwait(false);

        var cached = cache.InUse();
        if (cached.Count == 0)
            return;
        var ids = cached.Select(key => key.Key.Key.Id).ToList();
        var found = await store.FindAsync(ids, cancellationToken).ConfigureAwait(false);
        var stored = found.ToDictionary(key => key.Key.Id, StringComparer.Ordinal);
        foreach (var key in cached)
        {
            // If the key was written on this server meanwhile, this entry is no longer in the cache.
            if (stored.TryGetValue(key.Key.Key.Id, out var read))
                key.Key = read;
            else
                cache.Drop(key);
        }
    }

    private async Task<bool> ReadAnyAsync(CancellationToken cancellationToken)
    {
        var writes = cache.Writes;
        var any = await store.AnyAsync(cancellationToken).ConfigureAwait(false);
        cache.KeepAny(any, writes);
        return cache.Any ?? any;
    }

    private async ValueTask<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (cache.Find(id) is { } cached)
            return cached;
        var writes = cache.Writes;
        var read = await store.FindAsync(id, cancellationToken).ConfigureAwait(false);
        if (read is not null)
            cache.Keep(read, writes);
        return read;
    }
}
