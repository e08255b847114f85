using Actions.V1;

namespace Actions.Storage;

/// <summary>
/// Reads and writes the records of all workspaces unchanged, to copy one store to another. Calls are not among them:
/// they are gone within the hour. Every engine passes <c>StoreCopyContract</c>.
/// </summary>
/// <remarks>
/// <see cref="IActionStore.InitializeAsync"/> prepares it. Every method may throw
/// <see cref="StoreUnavailableException"/>, but no exception of a driver.
/// </remarks>
public interface IStoreArchive
{
    /// <returns>The number of records of this kind.</returns>
    Task<long> CountAsync(StoreRecordKind kind, CancellationToken cancellationToken);

    /// <returns>At most <paramref name="limit"/> records with a key after that of <paramref name="after"/> (null: from
    /// the first), sorted by key.</returns>
    Task<IReadOnlyList<StoreRecord>> ReadAsync(
        StoreRecordKind kind, StoreRecord? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the records unchanged and replaces those with the same keys. Only this method accepts etags and times
    /// instead of assigning them.
    /// </summary>
    /// <param name="records">Records of one kind.</param>
    /// <param name="cancellationToken">Cancels before the write; a write that has begun is completed.</param>
    /// <exception cref="NameTakenException">Another action of the workspace has the name. Some of the records may have
    /// been stored.</exception>
    Task PutAsync(IReadOnlyCollection<StoreRecord> records, CancellationToken cancellationToken);
}

/// <summary>The kinds of records in a store, in the order of copying: actions can't be read without the key
/// ring.</summary>
public enum StoreRecordKind
{
    /// <summary><see cref="KeyRingRecord"/>.</summary>
    KeyRing,

    /// <summary><see cref="ApiKeyRecord"/>.</summary>
    ApiKey,

    /// <summary><see cref="ActionRecord"/>.</summary>
    Action,
}

/// <summary>A record of a store. Equal records have the same content.</summary>
/// <param name="Key">Unique among the records of this kind. Keys are ASCII, compared character by character
/// (ordinal).</param>
public abstract record StoreRecord(StoreRecordKind Kind, string Key)
{
    /// <summary>The key only: the other fields must not be logged.</summary>
    public sealed override string ToString() => Key.Replace('\0', '/');
}

/// <summary>An action with its sample.</summary>
public sealed record ActionRecord(string Workspace, ActionConfig Config)
    : StoreRecord(StoreRecordKind.Action, $"{Workspace}\0{Config.Id}");

/// <summary>An API key.</summary>
public sealed record ApiKeyRecord(StoredApiKey Stored) : StoreRecord(StoreRecordKind.ApiKey, Stored.Key.Id)
{
    /// <inheritdoc />
    public bool Equals(ApiKeyRecord? other) =>
        other is not null && Stored.Workspace == other.Stored.Workspace && Stored.Key.Equals(other.Stored.Key)
        && Stored.Sha256.Span.SequenceEqual(other.Stored.Sha256.Span);

    /// <inheritdoc />
    public override int GetHashCode() => Key.GetHashCode(StringComparison.Ordinal);
}

/// <summary>An element of the key ring.</summary>
public sealed record KeyRingRecord(KeyRingElement Element) : StoreRecord(StoreRecordKind.KeyRing, Element.Name);
