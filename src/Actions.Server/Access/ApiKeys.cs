using System.Collections.Concurrent;
using System.Security.Cryptography;
using Actions.Storage;
using Actions.V1;
using Microsoft.Extensions.Options;

namespace Actions.Server.Access;

/// <summary>
/// Whose an API key is. Keys once seen are kept in memory and read anew in the background (<see cref="ApiKeyRefresher"/>):
/// their calls wait for no store, and one that is away locks out nobody who was in.
/// </summary>
internal sealed class ApiKeys(IApiKeyStore store, StoreReads reads, TimeProvider time, IOptions<AccessOptions> options)
{
    // Some hundred bytes each. Beyond it the cache starts afresh.
    private const int MaxCached = 10_000;

    private const string Invalid = "The API key is not valid: it is unknown, has expired or was revoked.";

    // A key that nobody has used for so long is read when it is used again. Long beside the pauses of a voice engine.
    private static readonly TimeSpan ForgottenAfter = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, SeenKey> _seen = new(StringComparer.Ordinal);
    private readonly byte[]? _adminDigest = options.Value.AdminKey.Length == 0 ? null : ApiKeyText.Digest(options.Value.AdminKey);
    private volatile bool _any = options.Value.AdminKey.Length > 0;
    private volatile bool _anyWasRead;
    private long _changes;

    /// <summary>
    /// Whether there is a key, or ever was one: keys that were revoked don't open the server again. True from the moment
    /// that a first key is made here, and within two seconds of one that is made elsewhere.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It was never found out, and the store is away.</exception>
    public async ValueTask<bool> AnyAsync(CancellationToken cancellationToken)
    {
        if (!_any && !_anyWasRead)
        {
            var changes = Interlocked.Read(ref _changes);
            AnyIs(await reads.ForCallAsync(store.AnyAsync, cancellationToken).ConfigureAwait(false), changes);
        }

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

    /// <summary>A key was made or revoked here: what was seen is no longer true, nor what is being read.</summary>
    public void Changed(string id)
    {
        Interlocked.Increment(ref _changes);
        _anyWasRead = false;
        _seen.TryRemove(id, out _);
    }

    /// <summary>Reads anew what is kept, at once.</summary>
    /// <exception cref="StoreUnavailableException">What is kept stays as it was last seen.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (!_any && _anyWasRead)
        {
            var changes = Interlocked.Read(ref _changes);
            AnyIs(await reads.InTimeAsync(store.AnyAsync, cancellationToken).ConfigureAwait(false), changes);
        }

        var seen = _seen.ToArray();
        if (seen.Length == 0)
            return;
        var ids = Array.ConvertAll(seen, key => key.Key);
        var found = await reads.InTimeAsync(token => store.FindAsync(ids, token), cancellationToken).ConfigureAwait(false);
        var stored = found.ToDictionary(key => key.Key.Id, StringComparer.Ordinal);
        foreach (var (id, key) in seen)
        {
            // Not what was changed here, and perhaps read again, since.
            if (stored.TryGetValue(id, out var read) && time.GetElapsedTime(key.UsedAt) < ForgottenAfter)
                _seen.TryUpdate(id, new SeenKey(read, key.UsedAt), key);
            else
                _seen.TryRemove(KeyValuePair.Create(id, key));
        }
    }

    private void AnyIs(bool any, long changes)
    {
        if (any)
            _any = true;
        _anyWasRead = Interlocked.Read(ref _changes) == changes;
    }

    private async ValueTask<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (_seen.TryGetValue(id, out var seen))
        {
            seen.UsedAt = time.GetTimestamp();
            return seen.Key;
        }

        var changes = Interlocked.Read(ref _changes);
        if (await reads.ForCallAsync(token => store.FindAsync(id, token), cancellationToken).ConfigureAwait(false) is not { } read)
            return null;
        if (_seen.Count >= MaxCached)
            _seen.Clear();
        if (changes == Interlocked.Read(ref _changes))
            _seen.TryAdd(id, new SeenKey(read, time.GetTimestamp()));
        return read;
    }

    /// <summary>Compared by reference: what was read again is another one.</summary>
    private sealed class SeenKey(StoredApiKey key, long usedAt)
    {
        private long _usedAt = usedAt;

        public StoredApiKey Key { get; } = key;

        public long UsedAt
        {
            get => Interlocked.Read(ref _usedAt);
            set => Interlocked.Exchange(ref _usedAt, value);
        }
    }
}
