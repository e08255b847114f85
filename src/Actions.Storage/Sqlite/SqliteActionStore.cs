using System.Text;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using SQLitePCL;

namespace Actions.Storage.Sqlite;

/// <summary>The embedded engine: one file, no database server.</summary>
internal sealed class SqliteActionStore(
    SqliteDatabase database, [FromKeyedServices(SqliteCallStore.File)] SqliteDatabase calls, TimeProvider clock)
    : IActionStore
{
    // The columns and their order that ReadAction expects; the sample, if selected, comes last.
    internal const string Columns = "etag, create_time, update_time, config";
    private const int ConfigColumn = 3;

    public Task InitializeAsync(CancellationToken cancellationToken) => database.InitializeAsync(cancellationToken);

    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        database.RequireFile();
        await database.ReadAsync(
            connection =>
            {
                using var command = connection.Command("SELECT 1 FROM actions LIMIT 1");
                return command.ExecuteScalar();
            },
            cancellationToken);
        // Commands don't use calls.
        if (calls.IsInitialized)
            await CheckCallsAsync(cancellationToken);
    }

    /// <summary>Writes: each call with a claim does, and actions that can be read would hide that it can't.</summary>
    private async Task CheckCallsAsync(CancellationToken cancellationToken)
    {
        calls.RequireFile();
        await calls.WriteAsync(
            connection => connection.Execute("UPDATE checks SET count = count + 1"), cancellationToken);
    }

    public Task<ActionConfig> CreateAsync(string workspace, ActionConfig config, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(config.Id);
        var stored = config.Clone();
        return database.WriteAsync(
            connection =>
            {
                stored.Etag = Etag.New();
                stored.CreateTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow());
                stored.UpdateTime = stored.CreateTime.Clone();
                try
                {
                    Insert(connection, workspace, stored);
                    return stored;
                }
                catch (NameTakenException) when (Exists(connection, workspace, stored.Id))
                {
                    throw new IdTakenException(stored.Id);
                }
            },
            cancellationToken);
    }

    public Task<ActionConfig?> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        ReadOneAsync("id = $value", workspace, id, cancellationToken);

    public Task<ActionConfig?> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken) =>
        ReadOneAsync("name_key = $value", workspace, ActionName.Key(name), cancellationToken);

    public Task<IReadOnlyList<ActionConfig>> ListAsync(
        string workspace, ActionQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        return database.ReadAsync<IReadOnlyList<ActionConfig>>(
            connection =>
            {
                using var command = ListCommand(connection, workspace, query);
                using var row = command.ExecuteReader();
                var page = new List<ActionConfig>();
                for (var bytes = 0L; bytes <= query.MaxBytes && row.Read();)
                {
                    bytes += row.GetBytes(ConfigColumn, 0, null, 0, 0);
                    page.Add(ReadAction(row));
                }

                return page;
            },
            cancellationToken);
    }

    public Task<ActionConfig> ReplaceAsync(
        string workspace, ActionConfig config, string expectedEtag, CancellationToken cancellationToken)
    {
        var stored = config.Clone();
        return database.WriteAsync(
            connection =>
            {
                stored.Etag = Etag.New();
                // max: update_time never goes backwards, even if the clock was set back.
                using var update = connection.Command(
                    """
                    UPDATE actions
                    SET name_key = $name_key, etag = $etag, update_time = max(update_time, $now),
                        config = $config, sample = $sample
                    WHERE workspace = $workspace AND id = $id AND etag = $expected_etag
                    RETURNING number, create_time, update_time
                    """,
                    ("$workspace", workspace), ("$id", stored.Id), ("$expected_etag", expectedEtag),
                    ("$name_key", ActionName.Key(stored.Name)), ("$etag", stored.Etag),
                    ("$now", SqliteTime.ToNumber(clock.GetUtcNow())),
                    ("$config", ConfigBytes(stored)), ("$sample", stored.Sample?.ToByteArray()));
                using var row = RequiringFreeName(stored.Name, update.ExecuteReader);
                if (!row.Read())
                    throw NotFoundOrMismatch(connection, workspace, stored.Id);
                var number = row.GetInt64(0);
                stored.CreateTime = SqliteTime.ToTimestamp(row.GetInt64(1));
                stored.UpdateTime = SqliteTime.ToTimestamp(row.GetInt64(2));
                connection.Execute("DELETE FROM action_labels WHERE action = $action", ("$action", number));
                InsertLabels(connection, number, stored.Labels);
                return stored;
            },
            cancellationToken);
    }

    public Task DeleteAsync(
        string workspace, string id, string? expectedEtag, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection =>
            {
                var deleted = connection.Execute(
                    """
                    DELETE FROM actions
                    WHERE workspace = $workspace AND id = $id AND ($expected_etag IS NULL OR etag = $expected_etag)
                    """,
                    ("$workspace", workspace), ("$id", id), ("$expected_etag", expectedEtag));
                return deleted == 1 ? true : throw NotFoundOrMismatch(connection, workspace, id);
            },
            cancellationToken);

    public Task<IReadOnlyDictionary<ActionKey, string>> ReadEtagsAsync(
        IReadOnlyCollection<ActionKey> actions, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<ActionKey, string>>(
            connection =>
            {
                using var command = connection.Command(
                    "SELECT etag FROM actions WHERE workspace = $workspace AND id = $id", ("$workspace", ""), ("$id", ""));
                var etags = new Dictionary<ActionKey, string>(actions.Count);
                foreach (var action in actions)
                {
                    command.Parameters["$workspace"].Value = action.Workspace;
                    command.Parameters["$id"].Value = action.Id;
                    if (command.ExecuteScalar() is string etag)
                        etags[action] = etag;
                }

                return etags;
            },
            cancellationToken);

    // SQLite has no change notifications across processes.
    public IAsyncEnumerable<ActionChanges> WatchAsync(CancellationToken cancellationToken) =>
        AsyncEnumerable.Empty<ActionChanges>();

    private Task<ActionConfig?> ReadOneAsync(
        string condition, string workspace, string value, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                using var command = connection.Command(
                    $"SELECT {Columns}, sample FROM actions WHERE workspace = $workspace AND {condition}",
                    ("$workspace", workspace), ("$value", value));
                using var row = command.ExecuteReader();
                return row.Read() ? ReadAction(row) : null;
            },
            cancellationToken);

    private static SqliteCommand ListCommand(SqliteConnection connection, string workspace, ActionQuery query)
    {
        // One lower bound, not two: SQLite uses only one of them to start the index scan. If it chose the prefix, each
        // page would read all earlier pages again.
        var prefix = ActionName.Key(query.NamePrefix);
        var after = ActionName.Key(query.AfterName ?? "");
        var command = connection.Command(
            "", ("$workspace", workspace), ("$limit", query.Limit), ("$prefix", prefix), ("$after", after));
        var sql = new StringBuilder(
            $"SELECT {Columns} FROM actions WHERE workspace = $workspace AND name_key >= max($prefix, $after)");
        if (query.AfterName is not null)
            sql.Append(" AND name_key <> $after");
        if (prefix.Length > 0)
        {
            sql.Append(" AND name_key < CAST($end AS TEXT)");
            command.Parameters.AddWithValue("$end", FirstAfterPrefix(prefix));
        }

        foreach (var (name, value) in query.Labels)
        {
            var n = command.Parameters.Count;
            sql.Append(
                " AND EXISTS (SELECT 1 FROM action_labels"
                + $" WHERE action = number AND name = $name{n} AND value = $value{n})");
            command.Parameters.AddWithValue($"$name{n}", name);
            command.Parameters.AddWithValue($"$value{n}", value);
        }

        command.CommandText = sql.Append(" ORDER BY name_key LIMIT $limit").ToString();
        return command;
    }

    // Bytes instead of text, because the result isn't valid UTF-8. 0xFF never occurs in UTF-8: the byte can't overflow.
    private static byte[] FirstAfterPrefix(string prefix)
    {
        var bytes = Encoding.UTF8.GetBytes(prefix);
        bytes[^1]++;
        return bytes;
    }

    internal static ActionConfig ReadAction(SqliteDataReader row)
    {
        var config = ActionConfig.Parser.ParseFrom(row.GetFieldValue<byte[]>(ConfigColumn));
        config.Etag = row.GetString(0);
        config.CreateTime = SqliteTime.ToTimestamp(row.GetInt64(1));
        config.UpdateTime = SqliteTime.ToTimestamp(row.GetInt64(2));
        if (row.FieldCount > 4 && !row.IsDBNull(4))
            config.Sample = Sample.Parser.ParseFrom(row.GetFieldValue<byte[]>(4));
        return config;
    }

    /// <summary>Inserts the action unchanged, with its etag and times.</summary>
    /// <exception cref="NameTakenException">The name or the id is taken.</exception>
    internal static void Insert(SqliteConnection connection, string workspace, ActionConfig stored)
    {
        using var insert = connection.Command(
            """
            INSERT INTO actions (workspace, id, name_key, etag, create_time, update_time, config, sample)
            VALUES ($workspace, $id, $name_key, $etag, $create_time, $update_time, $config, $sample)
            RETURNING number
            """,
            ("$workspace", workspace), ("$id", stored.Id), ("$name_key", ActionName.Key(stored.Name)), ("$etag", stored.Etag),
            ("$create_time", SqliteTime.ToNumber(stored.CreateTime.ToDateTimeOffset())),
            ("$update_time", SqliteTime.ToNumber(stored.UpdateTime.ToDateTimeOffset())),
            ("$config", ConfigBytes(stored)), ("$sample", stored.Sample?.ToByteArray()));
        var number = RequiringFreeName(stored.Name, () => (long)insert.ExecuteScalar()!);
        InsertLabels(connection, number, stored.Labels);
    }

    private static byte[] ConfigBytes(ActionConfig stored)
    {
        var config = stored.Clone();
        config.Sample = null;
        config.Etag = "";
        config.CreateTime = config.UpdateTime = null;
        return config.ToByteArray();
    }

    private static void InsertLabels(SqliteConnection connection, long action, IDictionary<string, string> labels)
    {
        foreach (var (name, value) in labels)
        {
            connection.Execute(
                "INSERT INTO action_labels (action, name, value) VALUES ($action, $name, $value)",
                ("$action", action), ("$name", name), ("$value", value));
        }
    }

    private static bool Exists(SqliteConnection connection, string workspace, string id)
    {
        using var command = connection.Command(
            "SELECT 1 FROM actions WHERE workspace = $workspace AND id = $id", ("$workspace", workspace), ("$id", id));
        return command.ExecuteScalar() is not null;
    }

    private static T RequiringFreeName<T>(string name, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (SqliteException e) when (e.SqliteExtendedErrorCode == raw.SQLITE_CONSTRAINT_UNIQUE)
        {
            throw new NameTakenException(name);
        }
    }

    private static StoreException NotFoundOrMismatch(SqliteConnection connection, string workspace, string id)
    {
        using var command = connection.Command(
            "SELECT etag FROM actions WHERE workspace = $workspace AND id = $id",
            ("$workspace", workspace), ("$id", id));
        return command.ExecuteScalar() is string etag
            ? new EtagMismatchException(id, etag)
            : new ActionNotFoundException(id);
    }
}
