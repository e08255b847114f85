namespace Actions.Storage;

/// <summary>
/// Keeps what conversations need while they last: who executes what, the events of executions, and remembered variables.
/// Every engine passes <c>CallStoreContract</c>.
/// </summary>
/// <remarks>
/// As with <see cref="IActionStore"/>: nothing of another workspace is ever returned or changed. Every method may throw
/// <see cref="StoreUnavailableException"/>, but no exception of a driver. Contents are opaque to the store: the server
/// encrypts them. A write survives a crash of any process once its task has completed; a power failure may lose the last
/// writes, which the same Idempotency-Key of a repeat makes up for.
/// </remarks>
public interface ICallStore
{
    /// <summary>Creates or migrates the schema. Idempotent; called before any other method.</summary>
    Task InitializeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Lets one execution of an identity call the API, in one atomic write. Granted if the identity has no holder, or if
    /// its holder is still <see cref="CallClaim.Replaces"/>. Then the execution is stored and the call's expiry extended.
    /// Not granted if the call was ended after the execution began.
    /// </summary>
    Task<ClaimAnswer> ClaimAsync(CallClaim claim, CancellationToken cancellationToken);

    /// <summary>
    /// Stores executions and variables, replaces those of the same id or name, and extends the expiry of their calls; all
    /// of it or nothing for each call. Ignores what belongs to executions that began before their call was ended.
    /// </summary>
    Task WriteAsync(IReadOnlyCollection<CallWrite> writes, CancellationToken cancellationToken);

    /// <returns>Null: the workspace has no such execution, or it has expired.</returns>
    Task<StoredExecution?> GetExecutionAsync(string workspace, string executionId, CancellationToken cancellationToken);

    /// <returns>The variables of these names that the call remembers. Empty <paramref name="names"/>: all.</returns>
    Task<IReadOnlyList<StoredVariable>> GetVariablesAsync(
        CallKey key, IReadOnlyCollection<string> names, CancellationToken cancellationToken);

    /// <returns>Executions without content, sorted by start and id, and all variables, sorted by name. Null: the call is
    /// unknown, expired or ended.</returns>
    Task<StoredCall?> GetCallAsync(CallKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes everything of a call. Until <paramref name="expires"/>, later writes of executions that began before
    /// <paramref name="now"/> are ignored, and <see cref="FindEndedAsync"/> reports the call.
    /// </summary>
    Task EndAsync(CallKey key, DateTimeOffset now, DateTimeOffset expires, CancellationToken cancellationToken);

    /// <returns>Those of the calls that were ended, and when.</returns>
    Task<IReadOnlyDictionary<CallKey, DateTimeOffset>> FindEndedAsync(
        IReadOnlyCollection<CallKey> calls, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes what has expired, and the calls of a workspace that were used least recently if it has more than
    /// <paramref name="maxCallsPerWorkspace"/>.
    /// </summary>
    /// <returns>The number of calls that were deleted.</returns>
    Task<int> PurgeAsync(DateTimeOffset now, int maxCallsPerWorkspace, CancellationToken cancellationToken);
}

/// <summary>A conversation of a workspace.</summary>
/// <param name="CallId">As the client chose it.</param>
public readonly record struct CallKey(string Workspace, string CallId);

/// <summary>What has become of an execution, as far as the store has been told.</summary>
public enum StoredExecutionState
{
    /// <summary>Until <see cref="StoredExecution.Deadline"/>; afterwards its server must have died.</summary>
    Running = 0,

    /// <summary>Its content has the Result.</summary>
    Succeeded = 1,

    /// <summary>The API has answered, or nothing was sent: it may be executed again.</summary>
    Failed = 2,

    /// <summary>Nobody knows what the API has done.</summary>
    Unknown = 3,

    /// <summary>Aborted before anything was sent.</summary>
    Aborted = 4,

    /// <summary>Aborted when a request may have reached the API.</summary>
    AbortedUnknown = 5,
}

/// <summary>An execution of a call.</summary>
public sealed record StoredExecution
{
    /// <summary>The call it belongs to.</summary>
    public required CallKey Call { get; init; }

    /// <summary>Unique within the workspace.</summary>
    public required string Id { get; init; }

    /// <summary>What makes another execution the same one. Empty: executed whenever it is asked for.</summary>
    public string Identity { get; init; } = "";

    /// <summary>State after the last event of <see cref="Content"/>.</summary>
    public required StoredExecutionState State { get; init; }

    /// <summary>When it began.</summary>
    public required DateTimeOffset Started { get; init; }

    /// <summary>When a running execution must have ended, with a margin for clocks.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>When it is forgotten unless its call is used again.</summary>
    public required DateTimeOffset Expires { get; init; }

    /// <summary>The last event's sequence.</summary>
    public required int LastSequence { get; init; }

    /// <summary>The execution whose events are this one's, if it was a repeat. Empty: it has its own.</summary>
    public string SameAs { get; init; } = "";

    /// <summary>Encrypted: the action, and all events so far. Empty in lists.</summary>
    public ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Encrypted: what <see cref="ICallStore.GetCallAsync"/> lists of it.</summary>
    public ReadOnlyMemory<byte> Summary { get; init; }
}

/// <summary>A remembered variable.</summary>
/// <param name="Written">The later one of the same name stays.</param>
/// <param name="Content">Encrypted: the value and where it is from.</param>
public sealed record StoredVariable(string Name, DateTimeOffset Written, ReadOnlyMemory<byte> Content);

/// <summary>What <see cref="ICallStore.GetCallAsync"/> finds.</summary>
public sealed record StoredCall(
    CallKey Call, DateTimeOffset Expires, IReadOnlyList<StoredExecution> Executions, IReadOnlyList<StoredVariable> Variables);

/// <summary>The wish to call the API for an identity.</summary>
/// <param name="Execution">Running, with its identity.</param>
/// <param name="Replaces">The holder that the claim is taken from. Empty: nobody holds it, as far as is known.</param>
public sealed record CallClaim(StoredExecution Execution, string Replaces = "");

/// <summary>The answer to a claim.</summary>
/// <param name="IsGranted">The execution may call the API.</param>
/// <param name="Holder">Not granted: the execution that holds the identity, with its content. Null then: the call was
/// ended.</param>
public sealed record ClaimAnswer(bool IsGranted, StoredExecution? Holder);

/// <summary>A write of one execution.</summary>
/// <param name="Execution">Replaces the stored one.</param>
/// <param name="Variables">Added to the call's.</param>
public sealed record CallWrite(StoredExecution Execution, IReadOnlyList<StoredVariable> Variables);
