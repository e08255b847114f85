using System.Security.Cryptography;
using Actions.Server.Errors;
using Actions.Storage;
using Actions.V1;
using Microsoft.Extensions.Options;

namespace Actions.Server.Access;

/// <summary>
/// Whose an API key is. Keys once seen are kept in memory and read anew in the background (<see cref="ApiKeyRefresher"/>):
/// their calls wait for no store, and one that is away locks out nobody who was in.
/// </summary>
internal sealed class ApiKeys(IApiKeyStore store, SeenKeys seen, TimeProvider time, IOptions<AccessOptions> options)
{
    private const string Invalid = "The API key is not valid: it is unknown, has expired or was revoked.";

    // A key that nobody has used for so long is read when it is used again. Long beside the pauses of a voice engine.
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(10);

    private readonly byte[]? _adminDigest = options.Value.AdminKey.Length == 0 ? null : ApiKeyText.Digest(options.Value.AdminKey);
    private volatile bool _any = options.Value.AdminKey.Length > 0;

    // What SeenKeys.Changes was when the store was last asked whether there is any key. -1: never asked.
    private long _anyReadAt = -1;

    /// <summary>
    /// Whether there is a key, or ever was one: keys that were revoked don't open the server again. True from the moment
    /// that a first key is made here, and within two seconds of one that is made elsewhere.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It was never found out, and the store is away.</exception>
    public async ValueTask<bool> AnyAsync(CancellationToken cancellationToken)
    {
        if (!_any && Interlocked.Read(ref _anyReadAt) != seen.Changes)
            await ReadAnyAsync(cancellationToken).ConfigureAwait(false);

        return _any;
    }

    /// <exception cref="CredentialsInvalidException">The key is unknown, expired or revoked.</exception>
    /// <exception cref="StoreUnavailableException">The key wasn't seen before, and the store is away.</exception>
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

    /// <summary>Reads anew what is kept, at once.</summary>
    /// <exception cref="StoreUnavailableException">What is kept stays as it was last seen.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (!_any && Interlocked.Read(ref _anyReadAt) >= 0)
            await ReadAnyAsync(cancellationToken).ConfigureAwait(false);
        var kept = seen.All().ToList();
        if (kept.Count == 0)
            return;
        var found = await store.FindAsync(kept.ConvertAll(key => key.Key.Key.Id), cancellationToken).ConfigureAwait(false);
        var stored = found.ToDictionary(key => key.Key.Id, StringComparer.Ordinal);
        foreach (var key in kept)
            seen.Refresh(key, time.GetElapsedTime(key.UsedAt) < ForgottenAfter ? stored.GetValueOrDefault(key.Key.Key.Id) : null);
    }

    private async Task ReadAnyAsync(CancellationToken cancellationToken)
    {
        var changes = seen.Changes;
        if (await store.AnyAsync(cancellationToken).ConfigureAwait(false))
            _any = true;
        Interlocked.Exchange(ref _anyReadAt, changes);
    }

    private async ValueTask<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (seen.Use(id) is { } known)
            return known;
        var changes = seen.Changes;
        var read = await store.FindAsync(id, cancellationToken).ConfigureAwait(false);
        if (read is not null)
            seen.Keep(read, changes);
        return read;
    }
}
