namespace Actions.Storage;

/// <summary>
/// Keeps the elements of the key ring that secrets are encrypted with, beside the actions: servers that share a store
/// share its keys. Every engine passes <c>KeyRingStoreContract</c>.
/// </summary>
/// <remarks>
/// Guarantees, whatever the engine:
/// <list type="bullet">
/// <item>A write whose task completed is durable: an action that was acknowledged survives, and so does its key.</item>
/// <item>Of several additions of one name, and of several replacements that expect the same element, exactly one
/// wins.</item>
/// <item>Nothing is ever removed.</item>
/// </list>
/// It is prepared by <see cref="IActionStore.InitializeAsync"/>. Every method may throw
/// <see cref="StoreUnavailableException"/>, and nothing else that stems from a driver.
/// </remarks>
public interface IKeyRingStore
{
    /// <returns>All elements in the order of their names, by their UTF-8 bytes.</returns>
    Task<IReadOnlyList<KeyRingElement>> ReadAllAsync(CancellationToken cancellationToken);

    /// <returns>False: there is an element of that name, which stays as it is.</returns>
    Task<bool> AddAsync(KeyRingElement element, CancellationToken cancellationToken);

    /// <summary>Replaces an element if what is stored still equals <paramref name="expected"/>, in one
    /// statement.</summary>
    /// <param name="expected">As it was read.</param>
    /// <param name="replacement">Of the same name.</param>
    /// <param name="cancellationToken">Gives up before the write, never in the middle of it.</param>
    /// <returns>False: there is no such element any more.</returns>
    Task<bool> ReplaceAsync(KeyRingElement expected, KeyRingElement replacement, CancellationToken cancellationToken);
}

/// <summary>One element of the key ring: a key or a revocation.</summary>
/// <param name="Name">Unique.</param>
/// <param name="Content">The element as XML, or its ciphertext.</param>
/// <param name="KeyEncryptionKeyId">Under which key it is encrypted; empty: it isn't.</param>
public sealed record KeyRingElement(string Name, string Content, string KeyEncryptionKeyId)
{
    /// <summary>Its name only: the rest is not for logs.</summary>
    public override string ToString() => Name;
}
