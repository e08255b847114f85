using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;
using Actions.Server.Configuration;
using Actions.Server.Logging;
using Actions.Storage;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.Options;

namespace Actions.Server.Secrets;

/// <summary>
/// The keys that encrypt secrets, kept in the store. Each element is encrypted as a whole under the key-encryption key
/// and bound to its name: write access to the store isn't enough to add a key.
/// </summary>
internal sealed class KeyRing(
    IKeyRingStore store, KeyEncryptionKeys keys, TimeProvider time, IOptions<ServerOptions> options, ILogger<KeyRing> log) : IXmlRepository
{
    /// <exception cref="KeyRingUnreadableException">An element is damaged or its key isn't configured.</exception>
    /// <exception cref="StoreUnavailableException">The store can't be reached.</exception>
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. Await(store.ReadAllAsync).Select(element => XElement.Parse(Open(element)))];

    public void StoreElement(XElement element, string friendlyName)
    {
        var stored = Seal(friendlyName, element.ToString(SaveOptions.DisableFormatting));
        if (!Await(token => store.AddAsync(stored, token)))
            throw new InvalidOperationException($"The key ring has an element '{friendlyName}' already.");
        log.KeyIsStored(friendlyName, stored.KeyEncryptionKeyId.Length > 0 ? stored.KeyEncryptionKeyId : "none");
    }

    /// <summary>Encrypts an element for the store, if a key-encryption key is configured.</summary>
    public KeyRingElement Seal(string name, string xml) => keys.Current is { } key
        ? new KeyRingElement(name, key.Seal(Encoding.UTF8.GetBytes(xml), Context(name, key.Id)), key.Id)
        : new KeyRingElement(name, xml, "");

    /// <summary>Decrypts a stored element.</summary>
    /// <param name="allowClear">Accepts an unencrypted element although a key-encryption key is configured.</param>
    /// <exception cref="KeyRingUnreadableException">The element is damaged, its key isn't configured, or it is
    /// unencrypted where that isn't allowed.</exception>
    public string Open(KeyRingElement element, bool allowClear = false)
    {
        var (name, content, id) = element;
        if (id.Length == 0)
            return keys.Current is null || allowClear ? content : throw KeyRingUnreadableException.InTheClear(name);
        var key = keys.Find(id) ?? throw KeyRingUnreadableException.UnderAnotherKey(name, id);
        try
        {
            return Encoding.UTF8.GetString(key.Open(content, Context(name, id)));
        }
        catch (CryptographicException e)
        {
            throw KeyRingUnreadableException.Damaged(name, e);
        }
    }

    private static byte[] Context(string name, string keyId) =>
        Encoding.UTF8.GetBytes($"Actions.Grpc key ring\0{name}\0{keyId}");

    /// <summary>
    /// Blocks the thread, because Data Protection's <see cref="IXmlRepository"/> is synchronous. Data Protection reads
    /// the ring at start-up, once a day and for an unknown key. It holds a lock meanwhile: only one thread reads the
    /// store. The time-out is that of every store read. The operation runs on the thread pool, so that it can't
    /// deadlock on a synchronization context.
    /// </summary>
    private T Await<T>(Func<CancellationToken, Task<T>> operation)
    {
        try
        {
            return Task.Run(() => TimeLimit.RunAsync(
                time, options.Value.StoreTimeout, token => operation(token).WaitAsync(token), CancellationToken.None))
                .GetAwaiter().GetResult();
        }
        catch (TimeoutException e)
        {
            throw new StoreUnavailableException(e, isTransient: true);
        }
    }
}

/// <summary>An element of the key ring can't be read with the configured keys. The message describes the
/// solution.</summary>
internal sealed class KeyRingUnreadableException : Exception
{
    private KeyRingUnreadableException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }

    public static KeyRingUnreadableException UnderAnotherKey(string name, string keyId) => new(
        $"The key ring's element '{name}' is encrypted under the key-encryption key '{keyId}', which is not among the settings. "
        + $"Set {SecretsOptions.Ways} to it, or name it among Secrets:PreviousKeyEncryptionKeys, "
        + "Secrets:PreviousKeyEncryptionKeyFiles or Secrets:PreviousCertificates.");

    public static KeyRingUnreadableException InTheClear(string name) => new(
        $"The key ring's element '{name}' is not encrypted, though the settings name a key-encryption key. Run "
        + "'secrets rewrap' once, with the same settings, if the key-encryption key is new.");

    public static KeyRingUnreadableException Damaged(string name, Exception cause) => new(
        $"The key ring's element '{name}' is damaged or was written without the key-encryption key. Restore "
        + "the store from a backup.",
        cause);
}
