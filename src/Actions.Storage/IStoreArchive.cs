using Actions.V1;

namespace Actions.Storage;

/// <summary>
/// All that is stored, of every workspace, as it is: for copying one store to another. Every engine passes
/// <c>StoreCopyContract</c>.
/// </summary>
/// <remarks>
/// It is prepared by <see cref="IActionStore.InitializeAsync"/>. Every method may throw
/// <see cref="StoreUnavailableException"/>, and nothing else that stems from a driver.
/// </remarks>
public interface IStoreArchive
{
    /// <returns>How many records of the kind there are.</returns>
    Task<long> CountAsync(StoreRecordKind kind, CancellationToken cancellationToken);

    /// <returns>At most <paramref name="limit"/> records whose key comes after <paramref name="after"/> (null: from the
    /// first), in the order of their keys.</returns>
    Task<IReadOnlyList<StoreRecord>> ReadAsync(
        StoreRecordKind kind, StoreRecord? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Stores the records as they are, in place of those with the same keys: with their etags and times, which no other
    /// method takes from outside.
    /// </summary>
    /// <param name="records">Of one kind.</param>
    /// <param name="cancellationToken">Gives up before the write, never in the middle of it.</param>
    /// <exception cref="NameTakenException">Another action of the workspace has the name. Some of the records may have
    /// been
    /// stored.</exception>
    Task PutAsync(IReadOnlyCollection<StoreRecord> records, CancellationToken cancellationToken);
}

/// <summary>What a store keeps, in the order in which it is copied: first what the rest can't be read
/// without.</summary>
public enum StoreRecordKind
{
    /// <summary><see cref="KeyRingRecord"/>.</summary>
    KeyRing,

    /// <summary><see cref="ApiKeyRecord"/>.</summary>
    ApiKey,

    /// <summary><see cref="ActionRecord"/>.</summary>
    Action,
}

/// <summary>One thing that is stored. Equal records have the same content.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Key">Its name among all of its kind. Keys are compared character by character (ordinal); they are
/// ASCII.</param>
public abstract record StoreRecord(StoreRecordKind Kind, string Key)
{
    /// <summary>Its key only: the rest is not for logs.</summary>
    public sealed override string ToString() => Key.Replace('\0', '/');
}

/// <summary>An action with its sample.</summary>
/// <param name="Workspace">Whose it is.</param>
/// <param name="Config">The whole message.</param>
public sealed record ActionRecord(string Workspace, ActionConfig Config)
    : StoreRecord(StoreRecordKind.Action, $"{Workspace}\0{Config.Id}");

/// <summary>An API key.</summary>
/// <param name="Stored">As it is kept.</param>
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
/// <param name="Element">As it is kept.</param>
public sealed record KeyRingRecord(KeyRingElement Element) : StoreRecord(StoreRecordKind.KeyRing, Element.Name);
