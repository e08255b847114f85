using Actions.V1;

namespace Actions.Storage;

/// <summary>
/// Stores the action configurations of all workspaces. Every engine passes <c>ActionStoreContract</c>.
/// </summary>
/// <remarks>
/// Guarantees of every engine:
/// <list type="bullet">
/// <item>A write is durable once its task has completed: it survives a crash of the process or the machine.</item>
/// <item>A name is unique within its workspace regardless of case (<see cref="ActionName.Key"/>), also under
/// concurrent writes.</item>
/// <item>Of several replacements that expect the same etag exactly one succeeds. One statement checks the etag and
/// writes the row.</item>
/// <item>Actions of other workspaces are never returned or changed. Their ids are treated as unknown.</item>
/// <item>Messages are copied in and out: changing one afterwards doesn't change the stored action.</item>
/// </list>
/// Every method may throw <see cref="StoreUnavailableException"/>, but no exception of a driver.
/// </remarks>
public interface IActionStore
{
    /// <summary>Creates or migrates the schema. Idempotent; called before any other method.</summary>
    Task InitializeAsync(CancellationToken cancellationToken);

    /// <summary>Cheap check that the store can be read now; throws when it can't.</summary>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stores a new action under <c>config.Id</c>. The server generates the id, because ciphertexts in the action may
    /// be bound to it. The store assigns etag, create time and update time; values given for them are ignored.
    /// </summary>
    /// <returns>The stored action.</returns>
    /// <exception cref="IdTakenException">The workspace has an action with that id.</exception>
    /// <exception cref="NameTakenException">The workspace has that name already.</exception>
    Task<ActionConfig> CreateAsync(string workspace, ActionConfig config, CancellationToken cancellationToken);

    /// <returns>The whole message with its sample, or null.</returns>
    Task<ActionConfig?> GetAsync(string workspace, string id, CancellationToken cancellationToken);

    /// <summary>Finds by name, regardless of case.</summary>
    /// <returns>The whole message with its sample, or null.</returns>
    Task<ActionConfig?> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken);

    /// <summary>Lists in the order of <see cref="ActionName.Key"/>, by its UTF-8 bytes, without samples.</summary>
    /// <returns>At most <see cref="ActionQuery.Limit"/> actions, and none behind the first one with which they exceed
    /// <see cref="ActionQuery.MaxBytes"/>. While all pages are read, an action that exists the
    /// whole time and keeps its name is returned exactly once, regardless of concurrent writes.</returns>
    Task<IReadOnlyList<ActionConfig>> ListAsync(
        string workspace, ActionQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the action with <c>config.Id</c> if its etag is still <paramref name="expectedEtag"/>. Assigns a new
    /// etag and the update time, which never goes backwards; keeps the stored create time.
    /// </summary>
    /// <returns>The stored action.</returns>
    /// <exception cref="ActionNotFoundException">The workspace has no such action.</exception>
    /// <exception cref="EtagMismatchException">Another client wrote in between.</exception>
    /// <exception cref="NameTakenException">Another action of the workspace has the new name.</exception>
    Task<ActionConfig> ReplaceAsync(
        string workspace, ActionConfig config, string expectedEtag, CancellationToken cancellationToken);

    /// <summary>Deletes the action, if its etag is still <paramref name="expectedEtag"/>. Null: any version.</summary>
    /// <exception cref="ActionNotFoundException">The workspace has no such action.</exception>
    /// <exception cref="EtagMismatchException">Another client wrote in between.</exception>
    Task DeleteAsync(string workspace, string id, string? expectedEtag, CancellationToken cancellationToken);

    /// <summary>Reads the stored versions, so that a cache can drop stale entries.</summary>
    /// <returns>The etags of the actions that exist.</returns>
    Task<IReadOnlyDictionary<ActionKey, string>> ReadEtagsAsync(
        IReadOnlyCollection<ActionKey> actions, CancellationToken cancellationToken);

    /// <summary>
    /// Streams writes within a second, including those of this process. The stream ends at once when the engine or
    /// its deployment has no change notifications; otherwise it ends only by cancellation. After a broken connection
    /// it reconnects and reports the writes made meanwhile. Unlike the other methods it doesn't throw
    /// <see cref="StoreUnavailableException"/>.
    /// </summary>
    /// <returns>One batch at least every few seconds while the store responds, empty if nothing was written. After a
    /// longer silence, compare versions with <see cref="ReadEtagsAsync"/>.</returns>
    IAsyncEnumerable<ActionChanges> WatchAsync(CancellationToken cancellationToken);
}

/// <summary>Identifies an action across workspaces.</summary>
/// <param name="Id">Unique within the workspace.</param>
public readonly record struct ActionKey(string Workspace, string Id);

/// <summary>Writes that the store reports.</summary>
/// <param name="Changes">In the order of the writes.</param>
/// <param name="MayHaveMissed">Earlier writes may have gone unreported.</param>
public sealed record ActionChanges(IReadOnlyCollection<ActionChange> Changes, bool MayHaveMissed);

/// <summary>An action was created, replaced or deleted.</summary>
/// <param name="Etag">The etag after the write. Null: the action was deleted, or the store didn't report it.</param>
public readonly record struct ActionChange(ActionKey Action, string? Etag);

/// <summary>Selects the actions that <see cref="IActionStore.ListAsync"/> returns.</summary>
public sealed record ActionQuery
{
    /// <summary>Maximum number of actions, 1 or more.</summary>
    public required int Limit { get; init; }

    /// <summary>Bytes of all actions. The one that exceeds it is the last, so that the reader knows that there is
    /// one.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <summary>
    /// Only actions with a name after this one in the order of <see cref="ActionName.Key"/>. No action needs to have
    /// this name. Null: from the first.
    /// </summary>
    public string? AfterName { get; init; }

    /// <summary>Only actions whose name starts with this text, regardless of case.</summary>
    public string NamePrefix { get; init; } = "";

    /// <summary>Only actions with all of these labels; names and values must match exactly.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}
