using System.Collections.Concurrent;
using System.Security.Cryptography;
using Actions.Storage;
using Actions.V1;
using Microsoft.Extensions.Options;

namespace Actions.Server.Access;

/// <summary>
/// Whose an API key is. Keys once seen are kept in memory, so that a call costs no read of the store, and a store that is
/// away locks out nobody who was in.
/// </summary>
internal sealed class ApiKeys(IApiKeyStore store, TimeProvider time, IOptions<AccessOptions> options)
{
    // How long another server's revocation may take to be seen here.
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromSeconds(2);

    // Some hundred bytes each. Beyond it the cache starts afresh.
    private const int MaxCached = 10_000;

    private const string Invalid = "The API key is not valid: it is unknown, has expired or was revoked.";

    private readonly ConcurrentDictionary<string, (StoredApiKey Key, long ReadAt)> _seen = new(StringComparer.Ordinal);
    private readonly byte[]? _adminDigest = options.Value.AdminKey.Length == 0 ? null : ApiKeyText.Digest(options.Value.AdminKey);
    private volatile bool _any = options.Value.AdminKey.Length > 0;
    private long _anyReadAt;

    /// <summary>
    /// Whether there is a key, or ever was one: keys that were revoked don't open the server again. True from the moment
    /// that a first key is made here, and within two seconds of one that is made elsewhere.
    /// </summary>
    public async ValueTask<bool> AnyAsync(CancellationToken cancellationToken)
    {
        var readAt = Interlocked.Read(ref _anyReadAt);
        if (_any || (readAt != 0 && time.GetElapsedTime(readAt) < RefreshAfter))
            return _any;
        if (await store.AnyAsync(cancellationToken).ConfigureAwait(false))
            _any = true;
        Interlocked.Exchange(ref _anyReadAt, time.GetTimestamp());
        return _any;
    }

    /// <exception cref="CredentialsInvalidException">The key is unknown, expired or revoked.</exception>
    /// <exception cref="StoreUnavailableException">The key wasn't seen before, and the store is away.</exception>
    public async ValueTask<Caller> CallerOfAsync(string text, CancellationToken cancellationToken)
    {
        var digest = ApiKeyText.Digest(text);
        if (_adminDigest is not null && CryptographicOperations.FixedTimeEquals(digest, _adminDigest))
            return new Caller(options.Value.AdminWorkspace, Role.Admin);
        if (ApiKeyText.IdOf(text) is { } id
            && await FindAsync(id, cancellationToken).ConfigureAwait(false) is { } stored
            && CryptographicOperations.FixedTimeEquals(digest, stored.Sha256.Span)
            && stored.Key.RevokeTime is null
            && !(stored.Key.ExpireTime?.ToDateTimeOffset() <= time.GetUtcNow()))
            return new Caller(stored.Workspace, stored.Key.Role);
        throw new CredentialsInvalidException(Invalid);
    }

    /// <summary>A key was made or revoked here: what was seen is no longer true.</summary>
    public void Changed(string id)
    {
        _seen.TryRemove(id, out _);
        Interlocked.Exchange(ref _anyReadAt, 0);
    }

    private async ValueTask<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var known = _seen.TryGetValue(id, out var seen);
        if (known && time.GetElapsedTime(seen.ReadAt) < RefreshAfter)
            return seen.Key;
        try
        {
            if (await store.FindAsync(id, cancellationToken).ConfigureAwait(false) is not { } read)
                return null;
            seen.Key = read;
        }
        catch (StoreUnavailableException) when (known)
        {
            // As it was last seen, until the store is back.
        }

        if (_seen.Count >= MaxCached)
            _seen.Clear();
        _seen[id] = (seen.Key, time.GetTimestamp());
        return seen.Key;
    }
}
