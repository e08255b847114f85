using Actions.Storage;

namespace Actions.Server.Secrets;

/// <summary>
/// Before the first call, and before Data Protection looks: takes over an old key ring, and makes sure that this one can
/// be read. A server that can't read it would make a new key and find every stored secret unreadable.
/// </summary>
internal sealed class KeyRingStart(
    KeyRingFolder folder,
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
        await folder.ImportAsync(cancellationToken).ConfigureAwait(false);
        foreach (var element in await store.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            ring.Open(element);
        if (keys.Current is null)
            log.KeyRingIsNotEncrypted(SecretsOptions.Ways);
        protection.Load();
    }
}
