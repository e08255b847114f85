using Actions.V1;

namespace Actions.Storage;

/// <summary>
/// Keeps what is known of executions after they have ended. Every engine passes <c>HistoryStoreContract</c>.
/// </summary>
/// <remarks>
/// As with <see cref="IActionStore"/>: nothing of another workspace is ever returned or changed. Every method may throw
/// <see cref="StoreUnavailableException"/>, but no exception of a driver. Losing a database of these loses nothing that
/// an execution needs. A write survives a crash of the process once its task has completed; a power failure may lose
/// the last ones.
/// </remarks>
public interface IHistoryStore
{
    /// <summary>Creates or migrates the schema. Idempotent; called before any other method.</summary>
    /// <param name="retention">The store may delete by itself what started longer ago than this.</param>
    /// <param name="cancellationToken">Cancels the wait for the store.</param>
    Task InitializeAsync(TimeSpan retention, CancellationToken cancellationToken);

    /// <summary>
    /// Adds executions. Ignores those that are there already, so that a batch can be repeated, and those of a call that
    /// was forgotten after they started.
    /// </summary>
    Task AppendAsync(IReadOnlyList<HistoryEntry> entries, CancellationToken cancellationToken);

    /// <returns>The execution with all that is kept of it. Null: the workspace has no such execution.</returns>
    Task<ExecutionRecord?> GetAsync(string workspace, string executionId, CancellationToken cancellationToken);

    /// <returns>The latest first, then by id, the greatest first. Without attempts, events, request and body.</returns>
    Task<IReadOnlyList<ExecutionRecord>> ListAsync(
        string workspace, HistoryQuery query, CancellationToken cancellationToken);

    /// <returns>Numbers of executions. Of more than <see cref="HistorySpan.Limit"/> the latest are counted.</returns>
    Task<HistoryCounts> CountAsync(string workspace, HistorySpan span, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes the executions of a call. Until <paramref name="until"/>, those that started by <paramref name="now"/>
    /// are ignored when they are added, by whatever server.
    /// </summary>
    Task ForgetAsync(CallKey key, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Deletes some of what is too old.</summary>
    /// <returns>How much was done. Less than <see cref="HistoryAges.Limit"/>: all of it.</returns>
    Task<int> PurgeAsync(HistoryAges ages, CancellationToken cancellationToken);
}

/// <summary>An execution that has ended.</summary>
/// <param name="Record">Without content. Its times have whole milliseconds, as MongoDB's dates do.</param>
/// <param name="Content">The events and the request with their texts and values, and the body. They replace those of
/// the record until the content is deleted. Null: nothing of it is kept.</param>
public sealed record HistoryEntry(string Workspace, ExecutionRecord Record, ExecutionRecord? Content)
{
    /// <summary>The record as it is told while its content is kept.</summary>
    public static ExecutionRecord Merge(ExecutionRecord record, ExecutionRecord? content)
    {
        if (content is null)
            return record;
        if (content.Events.Count > 0)
            record.Events.Clear();
        if (content.Request is not null)
            record.Request = null;
        record.MergeFrom(content);
        return record;
    }

    /// <summary>The record as lists have it.</summary>
    public static ExecutionRecord Listed(ExecutionRecord record)
    {
        record.Attempts.Clear();
        record.Events.Clear();
        record.Request = null;
        return record;
    }
}

/// <summary>Which executions to list. What is unset matches all.</summary>
public sealed record HistoryQuery
{
    /// <summary>The action's id. Empty: any.</summary>
    public string ActionId { get; init; } = "";

    /// <summary>The call. Empty: any.</summary>
    public string CallId { get; init; } = "";

    /// <summary>How it ended.</summary>
    public ExecutionState State { get; init; }

    /// <summary>Why it failed.</summary>
    public FailureReason Reason { get; init; }

    /// <summary>Started at or after it.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Started before it.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Took longer.</summary>
    public TimeSpan? SlowerThan { get; init; }

    /// <summary>Only those that are listed after it. Null: from the latest on.</summary>
    public HistoryPosition? After { get; init; }

    /// <summary>At least 1.</summary>
    public required int Limit { get; init; }

    /// <summary>Bytes of listed executions after which the list ends: it has one that exceeds them, if there
    /// is.</summary>
    public required long MaxBytes { get; init; }
}

/// <summary>Where an execution is in a list.</summary>
public readonly record struct HistoryPosition(DateTimeOffset Started, string ExecutionId);

/// <summary>Which executions to count.</summary>
/// <param name="ActionId">Empty: those of all actions.</param>
/// <param name="From">Started at or after it.</param>
/// <param name="To">Started before it.</param>
/// <param name="Bucket">Executions are counted for each such interval since <paramref name="From"/>.</param>
/// <param name="Limit">The most executions that are looked at, which bounds time and memory.</param>
public sealed record HistorySpan(
    string ActionId, DateTimeOffset From, DateTimeOffset To, TimeSpan Bucket, int Limit);

/// <summary>Counted executions.</summary>
/// <param name="Cells">Each combination once.</param>
/// <param name="Since">There were more than the limit: only those that started at or after this time were counted.
/// Null: all were.</param>
/// <param name="ActionNames">The last name of each action.</param>
public sealed record HistoryCounts(
    IReadOnlyCollection<KeyValuePair<HistoryCell, long>> Cells, DateTimeOffset? Since,
    IReadOnlyDictionary<string, string> ActionNames);

/// <summary>Executions that are counted together.</summary>
/// <param name="Bucket">From 0.</param>
/// <param name="DurationBin">Of <see cref="DurationBins"/>, or <see cref="Replayed"/>.</param>
public readonly record struct HistoryCell(
    string ActionId, int Bucket, ExecutionState State, FailureReason Reason, int DurationBin)
{
    /// <summary>The execution called no API, so its duration says nothing.</summary>
    public const int Replayed = -1;
}

/// <summary>What is too old.</summary>
/// <param name="Records">Executions that started before it.</param>
/// <param name="Content">Content of executions that started before it.</param>
/// <param name="Now">Calls that were forgotten until it.</param>
/// <param name="Limit">How much is done at once.</param>
public sealed record HistoryAges(DateTimeOffset Records, DateTimeOffset Content, DateTimeOffset Now, int Limit);
