using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Storage.Sqlite;

/// <summary>Stores calls in a file of their own: a write waits neither for a disk nor for those of actions.</summary>
internal sealed class SqliteCallStore(
    [FromKeyedServices(SqliteCallStore.File)] SqliteDatabase database, TimeProvider clock)
    : ICallStore
{
    /// <summary>The key of its <see cref="SqliteDatabase"/> in the container, and the end of the file's name.</summary>
    public const string File = "calls";

    // Short, so that no claim waits for long.
    private const int CallsPerPurge = 100;

    public Task InitializeAsync(CancellationToken cancellationToken) => database.InitializeAsync(cancellationToken);

    public Task<ClaimAnswer> ClaimAsync(CallClaim claim, CancellationToken cancellationToken)
    {
        var execution = claim.Execution;
        ArgumentException.ThrowIfNullOrEmpty(execution.Identity);
        return database.WriteAsync(
            connection =>
            {
                var now = clock.GetUtcNow();
                var found = SqliteCalls.Find(connection, execution.Call, now);
                if (found?.Refuses(execution) == true)
                    return new ClaimAnswer(IsGranted: false, Holder: null);
                // A claim that is repeated, because its answer was lost, is granted again.
                if (found is { } known
                    && SqliteCalls.Holder(connection, known.Number, execution.Identity) is { } holder
                    && holder != execution.Id && holder != claim.Replaces)
                {
                    return new ClaimAnswer(
                        IsGranted: false,
                        SqliteCalls.FindExecution(connection, execution.Call.Workspace, holder, now));
                }

                var call = SqliteCalls.Use(connection, execution.Call, found, execution.Expires);
                SqliteCalls.Hold(connection, call.Number, execution);
                SqliteCalls.Put(connection, call.Number, execution);
                return new ClaimAnswer(IsGranted: true, Holder: null);
            },
            cancellationToken);
    }

    public Task WriteAsync(IReadOnlyCollection<CallWrite> writes, CancellationToken cancellationToken)
    {
        if (writes.Count == 0)
            return Task.CompletedTask;
        return database.WriteAsync(
            connection =>
            {
                var now = clock.GetUtcNow();
                foreach (var (execution, variables) in writes)
                {
                    var found = SqliteCalls.Find(connection, execution.Call, now);
                    if (found?.Refuses(execution) == true)
                        continue;
                    var call = SqliteCalls.Use(connection, execution.Call, found, execution.Expires);
                    SqliteCalls.Put(connection, call.Number, execution);
                    foreach (var variable in variables)
                        SqliteCalls.Put(connection, call.Number, variable);
                }

                return true;
            },
            cancellationToken);
    }

    public Task<StoredExecution?> GetExecutionAsync(
        string workspace, string executionId, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection => SqliteCalls.FindExecution(connection, workspace, executionId, clock.GetUtcNow()),
            cancellationToken);

    public Task<IReadOnlyList<StoredVariable>> GetVariablesAsync(
        CallKey key, IReadOnlyCollection<string> names, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredVariable>>(
            connection => SqliteCalls.Find(connection, key, clock.GetUtcNow()) is { } call
                ? SqliteCalls.FindVariables(connection, call.Number, names)
                : [],
            cancellationToken);

    public Task<StoredCall?> GetCallAsync(CallKey key, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                // One view of the file.
                using var transaction = connection.BeginTransaction(deferred: true);
                if (SqliteCalls.Find(connection, key, clock.GetUtcNow()) is not { } call)
                    return null;
                var executions = SqliteCalls.ListExecutions(connection, key, call.Number);
                // One that was ended and isn't used again.
                return executions.Count == 0
                    ? null
                    : new StoredCall(
                        key, SqliteTime.ToTime(call.Expires), executions,
                        SqliteCalls.FindVariables(connection, call.Number, []));
            },
            cancellationToken);

    public Task EndAsync(
        CallKey key, DateTimeOffset now, DateTimeOffset expires, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection =>
            {
                var found = SqliteCalls.Find(connection, key, now);
                SqliteCalls.End(connection, key, found, SqliteTime.ToNumber(now), SqliteTime.ToNumber(expires));
                return true;
            },
            cancellationToken);

    public Task<IReadOnlyDictionary<CallKey, DateTimeOffset>> FindEndedAsync(
        IReadOnlyCollection<CallKey> calls, CancellationToken cancellationToken)
    {
        if (calls.Count == 0)
            return Task.FromResult<IReadOnlyDictionary<CallKey, DateTimeOffset>>(
                new Dictionary<CallKey, DateTimeOffset>());
        return database.ReadAsync<IReadOnlyDictionary<CallKey, DateTimeOffset>>(
            connection =>
            {
                using var command = connection.Command(
                    """
                    SELECT ended FROM calls
                    WHERE workspace = $workspace AND call_id = $call_id AND expires > $now AND ended IS NOT NULL
                    """,
                    ("$workspace", ""), ("$call_id", ""), ("$now", SqliteTime.ToNumber(clock.GetUtcNow())));
                var ended = new Dictionary<CallKey, DateTimeOffset>();
                foreach (var key in calls)
                {
                    command.Parameters["$workspace"].Value = key.Workspace;
                    command.Parameters["$call_id"].Value = SqliteCalls.Bytes(key.CallId);
                    if (command.ExecuteScalar() is long time)
                        ended[key] = SqliteTime.ToTime(time);
                }

                return ended;
            },
            cancellationToken);
    }

    public async Task<int> PurgeAsync(DateTimeOffset now, int maxCallsPerWorkspace, CancellationToken cancellationToken)
    {
        var purged = await RepeatAsync(
            connection => connection.Execute(
                "DELETE FROM calls WHERE number IN (SELECT number FROM calls WHERE expires <= $now LIMIT $limit)",
                ("$now", SqliteTime.ToNumber(now)), ("$limit", CallsPerPurge)),
            cancellationToken);
        var full = await database.ReadAsync(
            connection => FullWorkspaces(connection, maxCallsPerWorkspace), cancellationToken);
        foreach (var (workspace, excess) in full)
        {
            var left = excess;
            purged += await RepeatAsync(
                connection =>
                {
                    var deleted = connection.Execute(
                        """
                        DELETE FROM calls WHERE number IN
                            (SELECT number FROM calls WHERE workspace = $workspace ORDER BY expires LIMIT $limit)
                        """,
                        ("$workspace", workspace), ("$limit", Math.Min(left, CallsPerPurge)));
                    left -= deleted;
                    return deleted;
                },
                cancellationToken);
        }

        return purged;
    }

    private static List<(string Workspace, long Excess)> FullWorkspaces(SqliteConnection connection, int maxCalls)
    {
        using var command = connection.Command(
            "SELECT workspace, count(*) - $max FROM calls GROUP BY workspace HAVING count(*) > $max",
            ("$max", maxCalls));
        using var row = command.ExecuteReader();
        var full = new List<(string, long)>();
        while (row.Read())
            full.Add((row.GetString(0), row.GetInt64(1)));
        return full;
    }

    /// <summary>Runs <paramref name="delete"/>, in a transaction of its own each time, until it finds
    /// nothing.</summary>
    private async Task<int> RepeatAsync(Func<SqliteConnection, int> delete, CancellationToken cancellationToken)
    {
        var all = 0;
        while (await database.WriteAsync(delete, cancellationToken) is var deleted and > 0)
            all += deleted;
        return all;
    }
}
