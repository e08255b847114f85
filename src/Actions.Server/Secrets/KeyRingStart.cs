using Actions.Server.Logging;
using Actions.Storage;

namespace Actions.Server.Secrets;

/// <summary>
/// Checks that the key ring can be read, before the first call and before Data Protection reads it. Data Protection
/// would replace an unreadable ring with a new key, and every stored secret would be unreadable.
/// </summary>
internal sealed class KeyRingStart(
    KeyRing ring,
    RingProtection protection,
    IKeyRingStore store,
    KeyEncryptionKeys keys,
    ILogger<KeyRingStart> log)
{
    /// <exception cref="KeyRingUnreadableException">An element can't be decrypted with these settings.</exception>
    /// <exception cref="StoreUnavailableException">The store can't be reached.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var element in await store.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            ring.Open(element);
        if (keys.Current is null)
            log.KeyRingIsNotEncrypted(SecretsOptions.Ways);
        protection.Load();
    }
}
