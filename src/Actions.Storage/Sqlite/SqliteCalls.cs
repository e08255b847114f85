using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;

namespace Actions.Storage.Sqlite;

/// <summary>The statements of <see cref="SqliteCallStore"/>.</summary>
internal static class SqliteCalls
{
    // The columns and their order that ReadExecution expects; the content, if selected, comes last.
    private const string Columns =
        "e.id, e.identity, e.state, e.started, e.deadline, c.expires, e.last_sequence, e.same_as, e.summary";

    /// <summary>A row of <c>calls</c> that hasn't expired.</summary>
    public readonly record struct Row(long Number, long Expires, long? Ended)
    {
        /// <summary>Whether the call was ended after the execution began.</summary>
        public bool Refuses(StoredExecution execution) => SqliteTime.ToNumber(execution.Started) < Ended;
    }

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <returns>Null: there is no such call, or it has expired.</returns>
    public static Row? Find(SqliteConnection connection, CallKey key, DateTimeOffset now)
    {
        using var command = connection.Command(
            """
            SELECT number, expires, ended FROM calls
            WHERE workspace = $workspace AND call_id = $call_id AND expires > $now
            """,
            ("$workspace", key.Workspace), ("$call_id", Bytes(key.CallId)), ("$now", SqliteTime.ToNumber(now)));
        using var row = command.ExecuteReader();
        return row.Read() ? new Row(row.GetInt64(0), row.GetInt64(1), row.IsDBNull(2) ? null : row.GetInt64(2)) : null;
    }

    /// <summary>Creates the call or extends its expiry.</summary>
    /// <param name="found">What <see cref="Find"/> has returned. Null: what has expired is deleted.</param>
    /// <returns>The call's number.</returns>
    public static Row Use(SqliteConnection connection, CallKey key, Row? found, DateTimeOffset expires)
    {
        var until = SqliteTime.ToNumber(expires);
        if (found is { } call)
        {
            if (until <= call.Expires)
                return call;
            connection.Execute(
                "UPDATE calls SET expires = $expires WHERE number = $call",
                ("$call", call.Number), ("$expires", until));
            return call with { Expires = until };
        }

        Delete(connection, key);
        using var insert = connection.Command(
            "INSERT INTO calls (workspace, call_id, expires) VALUES ($workspace, $call_id, $expires) RETURNING number",
            ("$workspace", key.Workspace), ("$call_id", Bytes(key.CallId)), ("$expires", until));
        return new Row((long)insert.ExecuteScalar()!, until, null);
    }

    public static void Delete(SqliteConnection connection, CallKey key) => connection.Execute(
        "DELETE FROM calls WHERE workspace = $workspace AND call_id = $call_id",
        ("$workspace", key.Workspace), ("$call_id", Bytes(key.CallId)));

    public static void End(SqliteConnection connection, CallKey key, Row? found, long now, long expires)
    {
        Delete(connection, key);
        connection.Execute(
            "INSERT INTO calls (workspace, call_id, expires, ended) VALUES ($workspace, $call_id, $expires, $ended)",
            ("$workspace", key.Workspace), ("$call_id", Bytes(key.CallId)),
            ("$expires", Math.Max(expires, found?.Expires ?? 0)), ("$ended", Math.Max(now, found?.Ended ?? 0)));
    }

    /// <returns>The id of the execution that holds the identity. Null: none.</returns>
    public static string? Holder(SqliteConnection connection, long call, string identity)
    {
        using var command = connection.Command(
            "SELECT execution FROM holders WHERE call = $call AND identity = $identity",
            ("$call", call), ("$identity", identity));
        return (string?)command.ExecuteScalar();
    }

    public static void Hold(SqliteConnection connection, long call, StoredExecution execution) => connection.Execute(
        "INSERT OR REPLACE INTO holders (call, identity, execution) VALUES ($call, $identity, $execution)",
        ("$call", call), ("$identity", execution.Identity), ("$execution", execution.Id));

    public static void Put(SqliteConnection connection, long call, StoredExecution execution) => connection.Execute(
        """
        INSERT INTO executions
            (call, workspace, id, identity, state, started, deadline, last_sequence, same_as, summary, content)
        VALUES
            ($call, $workspace, $id, $identity, $state, $started, $deadline, $last_sequence, $same_as, $summary,
             $content)
        ON CONFLICT (workspace, id) DO UPDATE SET
            call = excluded.call, identity = excluded.identity, state = excluded.state, started = excluded.started,
            deadline = excluded.deadline, last_sequence = excluded.last_sequence, same_as = excluded.same_as,
            summary = excluded.summary, content = excluded.content
        """,
        ("$call", call), ("$workspace", execution.Call.Workspace), ("$id", execution.Id),
        ("$identity", execution.Identity),
        ("$state", (int)execution.State), ("$started", SqliteTime.ToNumber(execution.Started)),
        ("$deadline", SqliteTime.ToNumber(execution.Deadline)), ("$last_sequence", execution.LastSequence),
        ("$same_as", execution.SameAs), ("$summary", Array(execution.Summary)), ("$content", Array(execution.Content)));

    public static void Put(SqliteConnection connection, long call, StoredVariable variable) => connection.Execute(
        """
        INSERT INTO variables (call, name, written, content) VALUES ($call, $name, $written, $content)
        ON CONFLICT (call, name) DO UPDATE SET written = excluded.written, content = excluded.content
        WHERE excluded.written >= written
        """,
        ("$call", call), ("$name", Bytes(variable.Name)), ("$written", SqliteTime.ToNumber(variable.Written)),
        ("$content", Array(variable.Content)));

    /// <returns>With its content. Null: there is none, or its call has expired.</returns>
    public static StoredExecution? FindExecution(
        SqliteConnection connection, string workspace, string id, DateTimeOffset now)
    {
        using var command = connection.Command(
            $"""
            SELECT {Columns}, e.content, c.call_id FROM executions e JOIN calls c ON c.number = e.call
            WHERE e.workspace = $workspace AND e.id = $id AND c.expires > $now
            """,
            ("$workspace", workspace), ("$id", id), ("$now", SqliteTime.ToNumber(now)));
        using var row = command.ExecuteReader();
        if (!row.Read())
            return null;
        var call = new CallKey(workspace, Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(10)));
        return ReadExecution(row, call) with { Content = row.GetFieldValue<byte[]>(9) };
    }

    /// <returns>Without contents.</returns>
    public static List<StoredExecution> ListExecutions(SqliteConnection connection, CallKey key, long call)
    {
        using var command = connection.Command(
            $"""
            SELECT {Columns} FROM executions e JOIN calls c ON c.number = e.call
            WHERE e.call = $call ORDER BY e.started, e.id
            """,
            ("$call", call));
        using var row = command.ExecuteReader();
        var executions = new List<StoredExecution>();
        while (row.Read())
            executions.Add(ReadExecution(row, key));
        return executions;
    }

    /// <param name="names">Empty: all variables.</param>
    public static List<StoredVariable> FindVariables(
        SqliteConnection connection, long call, IReadOnlyCollection<string> names)
    {
        const string Select = "SELECT name, written, content FROM variables WHERE call = $call";
        var variables = new List<StoredVariable>();
        if (names.Count == 0)
        {
            using var all = connection.Command(Select + " ORDER BY name", ("$call", call));
            Read(all);
            return variables;
        }

        using var one = connection.Command(Select + " AND name = $name", ("$call", call), ("$name", ""));
        foreach (var name in names.Distinct(StringComparer.Ordinal))
        {
            one.Parameters["$name"].Value = Bytes(name);
            Read(one);
        }

        return variables;

        void Read(SqliteCommand command)
        {
            using var row = command.ExecuteReader();
            while (row.Read())
            {
                variables.Add(new StoredVariable(
                    Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(0)), SqliteTime.ToTime(row.GetInt64(1)),
                    row.GetFieldValue<byte[]>(2)));
            }
        }
    }

    private static StoredExecution ReadExecution(SqliteDataReader row, CallKey call) => new()
    {
        Call = call,
        Id = row.GetString(0),
        Identity = row.GetString(1),
        State = (StoredExecutionState)row.GetInt32(2),
        Started = SqliteTime.ToTime(row.GetInt64(3)),
        Deadline = SqliteTime.ToTime(row.GetInt64(4)),
        Expires = SqliteTime.ToTime(row.GetInt64(5)),
        LastSequence = row.GetInt32(6),
        SameAs = row.GetString(7),
        Summary = row.GetFieldValue<byte[]>(8),
    };

    // The driver binds arrays only.
    private static byte[] Array(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var whole) && whole.Offset == 0 && whole.Count == whole.Array!.Length
            ? whole.Array
            : bytes.ToArray();
}
