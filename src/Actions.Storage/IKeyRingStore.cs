namespace Actions.Storage;

/// <summary>
/// Stores the elements of the key ring that encrypts secrets, beside the actions: servers that share a store share its
/// keys. Every engine passes <c>KeyRingStoreContract</c>.
/// </summary>
/// <remarks>
/// Guarantees of every engine:
/// <list type="bullet">
/// <item>A write is durable once its task has completed: an acknowledged action survives, and so does its key.</item>
/// <item>Of several additions of one name, and of several replacements that expect the same element, exactly one
/// succeeds.</item>
/// <item>Elements are never removed.</item>
/// </list>
/// <see cref="IActionStore.InitializeAsync"/> prepares it. Every method may throw
/// <see cref="StoreUnavailableException"/>, but no exception of a driver.
/// </remarks>
public interface IKeyRingStore
{
    /// <returns>All elements, sorted by the UTF-8 bytes of their names.</returns>
    Task<IReadOnlyList<KeyRingElement>> ReadAllAsync(CancellationToken cancellationToken);

    /// <returns>False: an element of that name exists and stays unchanged.</returns>
    Task<bool> AddAsync(KeyRingElement element, CancellationToken cancellationToken);

    /// <summary>Replaces an element if the stored one still equals <paramref name="expected"/>, in one
    /// statement.</summary>
    /// <param name="replacement">An element of the same name.</param>
    /// <param name="cancellationToken">Cancels before the write; a write that has begun is completed.</param>
    /// <returns>False: the stored element is different by now.</returns>
    Task<bool> ReplaceAsync(KeyRingElement expected, KeyRingElement replacement, CancellationToken cancellationToken);
}

/// <summary>One element of the key ring: a key or a revocation.</summary>
/// <param name="Name">Unique within the key ring.</param>
/// <param name="Content">The element as XML, or its ciphertext.</param>
/// <param name="KeyEncryptionKeyId">The id of the key that encrypts the content. Empty: not encrypted.</param>
public sealed record KeyRingElement(string Name, string Content, string KeyEncryptionKeyId)
{
    /// <summary>The name only: the other fields must not be logged.</summary>
    public override string ToString() => Name;
}
