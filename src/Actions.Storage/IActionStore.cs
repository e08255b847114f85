using Actions.V1;

namespace Actions.Storage;

/// <summary>
/// Keeps the action configurations of all workspaces. Every engine passes <c>ActionStoreContract</c>.
/// </summary>
/// <remarks>
/// Guarantees, whatever the engine:
/// <list type="bullet">
/// <item>A write whose task completed is durable: it survives the process's and the machine's crash.</item>
/// <item>A name is unique within its workspace regardless of case (<see cref="ActionName.Key"/>), also when writes
/// race.</item>
/// <item>Of several replacements that expect the same etag exactly one wins; the etag is checked and the row
/// written in one statement.</item>
/// <item>Nothing of another workspace is ever returned or changed: its ids are as unknown as ids that never
/// were.</item>
/// <item>Messages are copied in and out: changing one afterwards changes nothing stored.</item>
/// </list>
/// Every method may throw <see cref="StoreUnavailableException"/>, and nothing else that stems from a driver.
/// </remarks>
public interface IActionStore
{
    /// <summary>Creates or migrates what the engine needs. Idempotent; called before anything else.</summary>
    Task InitializeAsync(CancellationToken cancellationToken);

    /// <summary>Cheap proof that the store can be read now; throws when it can't.</summary>
    Task CheckAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Stores a new action under <c>config.Id</c>, which the server creates anew: what is in the
    /// action may be bound to it. Assigns etag, create and update time; what the caller put there is ignored.
    /// </summary>
    /// <returns>What was stored.</returns>
    /// <exception cref="IdTakenException">The workspace has an action with that id.</exception>
    /// <exception cref="NameTakenException">The workspace has that name already.</exception>
    Task<ActionConfig> CreateAsync(string workspace, ActionConfig config, CancellationToken cancellationToken);

    /// <returns>The whole message with its sample, or null.</returns>
    Task<ActionConfig?> GetAsync(string workspace, string id, CancellationToken cancellationToken);

    /// <summary>Finds by name, regardless of case.</summary>
    /// <returns>The whole message with its sample, or null.</returns>
    Task<ActionConfig?> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken);

    /// <summary>Lists in the order of <see cref="ActionName.Key"/>, by its UTF-8 bytes, without samples.</summary>
    /// <returns>At most <see cref="ActionQuery.Limit"/> actions. An action that exists throughout a walk over all
    /// pages and keeps its name is returned exactly once, whatever is written meanwhile.</returns>
    Task<IReadOnlyList<ActionConfig>> ListAsync(
        string workspace, ActionQuery query, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the action with <c>config.Id</c> if its etag is still <paramref name="expectedEtag"/>. Assigns a new
    /// etag and the update time, which never goes backwards; keeps the stored create time.
    /// </summary>
    /// <returns>What was stored.</returns>
    /// <exception cref="ActionNotFoundException">The workspace has no such action.</exception>
    /// <exception cref="EtagMismatchException">Another client wrote in between.</exception>
    /// <exception cref="NameTakenException">Another action of the workspace has the new name.</exception>
    Task<ActionConfig> ReplaceAsync(
        string workspace, ActionConfig config, string expectedEtag, CancellationToken cancellationToken);

    /// <summary>Deletes the action, if its etag is still <paramref name="expectedEtag"/>. Null: any version.</summary>
    /// <exception cref="ActionNotFoundException">The workspace has no such action.</exception>
    /// <exception cref="EtagMismatchException">Another client wrote in between.</exception>
    Task DeleteAsync(string workspace, string id, string? expectedEtag, CancellationToken cancellationToken);

    /// <summary>The versions that are stored now, for dropping stale ones from a cache.</summary>
    /// <returns>The etags of those actions that exist.</returns>
    Task<IReadOnlyDictionary<ActionKey, string>> ReadEtagsAsync(
        IReadOnlyCollection<ActionKey> actions, CancellationToken cancellationToken);

    /// <summary>
    /// Tells of writes, this process's own among them, within a second. Ends at once where the engine, or the place
    /// that
    /// it was given, can't; otherwise never, but by cancellation: a connection that breaks is made again, and what was
    /// written meanwhile is told then. Unlike the other methods it doesn't throw <see
    /// cref="StoreUnavailableException"/>.
    /// </summary>
    /// <returns>Something at least every few seconds as long as the store answers, empty if nothing was written: who
    /// hears nothing for longer has to ask (<see cref="ReadEtagsAsync"/>).</returns>
    IAsyncEnumerable<ActionChanges> WatchAsync(CancellationToken cancellationToken);
}

/// <summary>What names an action across workspaces.</summary>
/// <param name="Workspace">Whose it is.</param>
/// <param name="Id">Its id within the workspace.</param>
public readonly record struct ActionKey(string Workspace, string Id);

/// <summary>Writes that the store reports.</summary>
/// <param name="Changes">In the order in which they were written.</param>
/// <param name="MayHaveMissed">Earlier writes may have gone unreported.</param>
public sealed record ActionChanges(IReadOnlyCollection<ActionChange> Changes, bool MayHaveMissed);

/// <summary>An action was created, replaced or deleted.</summary>
/// <param name="Action">Which one.</param>
/// <param name="Etag">What it had then. Null: it is gone, or the store didn't tell.</param>
public readonly record struct ActionChange(ActionKey Action, string? Etag);

/// <summary>Which actions <see cref="IActionStore.ListAsync"/> returns.</summary>
public sealed record ActionQuery
{
    /// <summary>At most so many, 1 or more.</summary>
    public required int Limit { get; init; }

    /// <summary>
    /// Only those whose name comes after this one in the order of <see cref="ActionName.Key"/>, whether or not an
    /// action has it. Null: from the first.
    /// </summary>
    public string? AfterName { get; init; }

    /// <summary>Only those whose name starts with it, regardless of case.</summary>
    public string NamePrefix { get; init; } = "";

    /// <summary>Only those that carry all of these labels, exactly.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}
