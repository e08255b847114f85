using System.Text;
using Actions.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Storage.Sqlite;

/// <summary>Stores the history in a file of its own: losing or deleting it costs no action.</summary>
internal sealed class SqliteHistoryStore(
    [FromKeyedServices(SqliteHistoryStore.File)] SqliteDatabase database) : IHistoryStore
{
    /// <summary>Part of the file's name, and the key of its database in the container.</summary>
    public const string File = "history";

    // What is deleted must not remain in free pages of the file.
    private const string SecureDelete = "PRAGMA secure_delete = ON;";

    private const string Insert =
        """
        INSERT INTO executions
            (workspace, id, action_id, call_id, start_time, elapsed, state, reason, replayed, record, content)
        SELECT $workspace, $id, $action_id, $call_id, $start_time, $elapsed, $state, $reason, $replayed, $record,
            $content
        WHERE $call_id = '' OR NOT EXISTS (
            SELECT 1 FROM forgotten_calls
            WHERE workspace = $workspace AND call_id = $call_id AND time >= $start_time)
        ON CONFLICT DO NOTHING
        """;

    // The retention is that of PurgeAsync: nothing happens in a file by itself.
    public Task InitializeAsync(TimeSpan retention, CancellationToken cancellationToken) =>
        database.InitializeAsync(cancellationToken);

    public Task AppendAsync(IReadOnlyList<HistoryEntry> entries, CancellationToken cancellationToken) =>
        database.WriteAsync(connection => Append(connection, entries), cancellationToken);

    public Task<ExecutionRecord?> GetAsync(string workspace, string executionId, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                using var command = connection.Command(
                    "SELECT record, content FROM executions WHERE workspace = $workspace AND id = $id",
                    ("$workspace", workspace), ("$id", executionId));
                using var row = command.ExecuteReader();
                return row.Read()
                    ? HistoryEntry.Merge(Read(row, 0), row.IsDBNull(1) ? null : Read(row, 1))
                    : null;
            },
            cancellationToken);

    public Task<IReadOnlyList<ExecutionRecord>> ListAsync(
        string workspace, HistoryQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        return database.ReadAsync<IReadOnlyList<ExecutionRecord>>(
            connection =>
            {
                using var command = ListCommand(connection, workspace, query);
                using var cancelled = InterruptOn(connection, cancellationToken);
                using var row = command.ExecuteReader();
                var (listed, bytes) = (new List<ExecutionRecord>(), 0L);
                while (bytes <= query.MaxBytes && row.Read())
                {
                    listed.Add(HistoryEntry.Listed(Read(row, 0)));
                    bytes += listed[^1].CalculateSize();
                }

                return listed;
            },
            cancellationToken);
    }

    public Task<HistoryCounts> CountAsync(string workspace, HistorySpan span, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                using var cancelled = InterruptOn(connection, cancellationToken);
                return SqliteHistoryCounts.Read(connection, workspace, span);
            },
            cancellationToken);

    public Task ForgetAsync(
        CallKey key, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection => connection.Execute(
                SecureDelete +
                """
                INSERT INTO forgotten_calls (workspace, call_id, time, expire_time)
                VALUES ($workspace, $call_id, $now, $until)
                ON CONFLICT DO UPDATE SET time = max(time, $now), expire_time = max(expire_time, $until);
                DELETE FROM executions WHERE workspace = $workspace AND call_id = $call_id AND call_id <> ''
                """,
                ("$workspace", key.Workspace), ("$call_id", key.CallId),
                ("$now", now.ToUnixTimeMilliseconds()), ("$until", until.ToUnixTimeMilliseconds())),
            cancellationToken);

    public async Task<int> PurgeAsync(HistoryAges ages, CancellationToken cancellationToken) =>
        await database.ReadAsync(connection => HasOld(connection, ages), cancellationToken)
            ? await database.WriteAsync(connection => Purge(connection, ages), cancellationToken)
            : 0;

    private static bool HasOld(SqliteConnection connection, HistoryAges ages)
    {
        using var command = connection.Command(
            """
            SELECT EXISTS (
                    SELECT 1 FROM (SELECT start_time FROM executions ORDER BY number LIMIT $limit)
                    WHERE start_time < $records)
                OR EXISTS (SELECT 1 FROM executions WHERE content IS NOT NULL AND start_time < $content)
                OR EXISTS (SELECT 1 FROM forgotten_calls WHERE expire_time < $now)
            """,
            ("$limit", ages.Limit), ("$records", ages.Records.ToUnixTimeMilliseconds()),
            ("$content", ages.Content.ToUnixTimeMilliseconds()), ("$now", ages.Now.ToUnixTimeMilliseconds()));
        return (long)command.ExecuteScalar()! == 1;
    }

    private static int Purge(SqliteConnection connection, HistoryAges ages)
    {
        connection.Execute(SecureDelete);
        // Records are numbered when they end, so those that started first are among the first.
        var deleted = connection.Execute(
            """
            DELETE FROM executions WHERE number IN (
                SELECT number FROM (SELECT number, start_time FROM executions ORDER BY number LIMIT $limit)
                WHERE start_time < $before)
            """,
            ("$limit", ages.Limit), ("$before", ages.Records.ToUnixTimeMilliseconds()));
        var emptied = connection.Execute(
            """
            UPDATE executions SET content = NULL WHERE number IN (
                SELECT number FROM executions WHERE content IS NOT NULL AND start_time < $before LIMIT $limit)
            """,
            ("$limit", ages.Limit), ("$before", ages.Content.ToUnixTimeMilliseconds()));
        connection.Execute(
            "DELETE FROM forgotten_calls WHERE expire_time < $now", ("$now", ages.Now.ToUnixTimeMilliseconds()));
        return Math.Max(deleted, emptied);
    }

    private static int Append(SqliteConnection connection, IReadOnlyList<HistoryEntry> entries)
    {
        using var command = connection.Command(
            Insert,
            ("$workspace", ""), ("$id", ""), ("$action_id", ""), ("$call_id", ""), ("$start_time", 0L),
            ("$elapsed", 0L),
            ("$state", 0L), ("$reason", 0L), ("$replayed", 0L), ("$record", Array.Empty<byte>()), ("$content", null));
        var values = command.Parameters;
        foreach (var (workspace, record, content) in entries)
        {
            values[0].Value = workspace;
            values[1].Value = record.ExecutionId;
            values[2].Value = record.ActionId;
            values[3].Value = record.CallId;
            values[4].Value = record.StartTime.ToDateTimeOffset().ToUnixTimeMilliseconds();
            values[5].Value = (long)record.Elapsed.ToTimeSpan().TotalMicroseconds;
            values[6].Value = (long)record.State;
            values[7].Value = (long)record.Reason;
            values[8].Value = record.ReplayedExecutionId.Length > 0 ? 1L : 0L;
            values[9].Value = record.ToByteArray();
            values[10].Value = content is null ? DBNull.Value : content.ToByteArray();
            command.ExecuteNonQuery();
        }

        return entries.Count;
    }

    private static SqliteCommand ListCommand(SqliteConnection connection, string workspace, HistoryQuery query)
    {
        var sql = new StringBuilder("SELECT record FROM executions WHERE workspace = $workspace");
        var command = connection.Command("", ("$workspace", workspace), ("$limit", query.Limit));
        Add(query.CallId.Length > 0, " AND call_id = $call_id AND call_id <> ''", "$call_id", query.CallId);
        Add(query.ActionId.Length > 0, " AND action_id = $action_id", "$action_id", query.ActionId);
        Add(query.State != ExecutionState.Unspecified, " AND state = $state", "$state", (long)query.State);
        Add(query.Reason != FailureReason.Unspecified, " AND reason = $reason", "$reason", (long)query.Reason);
        Add(query.From is not null, " AND start_time >= $from", "$from", query.From);
        Add(query.To is not null, " AND start_time < $to", "$to", query.To);
        Add(query.SlowerThan is not null, " AND elapsed > $slower", "$slower",
            (long)(query.SlowerThan?.TotalMicroseconds ?? 0));
        if (query.After is { } after)
        {
            sql.Append(" AND start_time <= $after_time AND (start_time < $after_time OR id < $after_id)");
            command.Parameters.AddWithValue("$after_time", after.Started.ToUnixTimeMilliseconds());
            command.Parameters.AddWithValue("$after_id", after.ExecutionId);
        }

        command.CommandText = sql.Append(" ORDER BY start_time DESC, id DESC LIMIT $limit").ToString();
        return command;

        void Add(bool isSet, string condition, string name, object? value)
        {
            if (!isSet)
                return;
            sql.Append(condition);
            command.Parameters.AddWithValue(
                name, value is DateTimeOffset time ? HistoryTimes.Ceiling(time).ToUnixTimeMilliseconds() : value);
        }
    }

    // A query that nobody waits for any more would hold its thread until it has read all of the index.
    internal static CancellationTokenRegistration InterruptOn(
        SqliteConnection connection, CancellationToken cancellationToken) =>
        cancellationToken.UnsafeRegister(
            static handle => SQLitePCL.raw.sqlite3_interrupt((SQLitePCL.sqlite3)handle!), connection.Handle);

    private static ExecutionRecord Read(SqliteDataReader row, int column) =>
        ExecutionRecord.Parser.ParseFrom(row.GetFieldValue<byte[]>(column));
}
