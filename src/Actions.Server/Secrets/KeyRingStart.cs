using Actions.Server.Logging;
using Actions.Storage;

namespace Actions.Server.Secrets;

/// <summary>
/// Checks, before the first call and before Data Protection reads it, that the key ring can be read. A server that can't
/// read it would make a new key, and find every stored secret unreadable.
/// </summary>
internal sealed class KeyRingStart(
    KeyRing ring,
    RingProtection protection,
    IKeyRingStore store,
    KeyEncryptionKeys keys,
    ILogger<KeyRingStart> log)
{
    /// <exception cref="KeyRingUnreadableException">With the settings as they are, it can't be.</exception>
    /// <exception cref="StoreUnavailableException">The store is out of reach.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        foreach (var element in await store.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            ring.Open(element);
        if (keys.Current is null)
            log.KeyRingIsNotEncrypted(SecretsOptions.Ways);
        protection.Load();
    }
}
