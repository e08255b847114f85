using Actions.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace Actions.Storage.Sqlite;

/// <summary>Stores the API keys in the same file as the actions.</summary>
internal sealed class SqliteApiKeyStore(SqliteDatabase database, TimeProvider clock) : IApiKeyStore
{
    // The columns and their order that ReadKey expects.
    private const string Columns = "api_key, revoke_time";

    public Task AddAsync(StoredApiKey key, CancellationToken cancellationToken)
    {
        var message = key.Key.Clone();
        message.RevokeTime = null;
        return database.WriteAsync(
            connection => connection.Execute(
                "INSERT INTO api_keys (id, workspace, sha256, api_key) VALUES ($id, $workspace, $sha256, $api_key)",
                ("$id", message.Id), ("$workspace", key.Workspace), ("$sha256", key.Sha256.ToArray()),
                ("$api_key", message.ToByteArray())),
            cancellationToken);
    }

    public Task<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                using var find = FindCommand(connection);
                return Find(find, id);
            },
            cancellationToken);

    public Task<IReadOnlyList<StoredApiKey>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredApiKey>>(
            connection =>
            {
                using var find = FindCommand(connection);
                return [.. ids.Distinct().Select(id => Find(find, id)).OfType<StoredApiKey>()];
            },
            cancellationToken);

    public Task<IReadOnlyList<CallerKey>> ListAsync(
        string workspace, string afterId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<CallerKey>>(
            connection =>
            {
                using var command = connection.Command(
                    $"SELECT {Columns} FROM api_keys WHERE workspace = $workspace AND id > $after ORDER BY id LIMIT $limit",
                    ("$workspace", workspace), ("$after", afterId), ("$limit", limit));
                using var row = command.ExecuteReader();
                var keys = new List<CallerKey>();
                while (row.Read())
                    keys.Add(ReadKey(row));
                return keys;
            },
            cancellationToken);

    public Task<CallerKey> RevokeAsync(string workspace, string id, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection =>
            {
                using var update = connection.Command(
                    $"""
                    UPDATE api_keys SET revoke_time = coalesce(revoke_time, $now)
                    WHERE workspace = $workspace AND id = $id
                    RETURNING {Columns}
                    """,
                    ("$workspace", workspace), ("$id", id), ("$now", SqliteTime.ToNumber(clock.GetUtcNow())));
                using var row = update.ExecuteReader();
                return row.Read() ? ReadKey(row) : throw new ApiKeyNotFoundException(id);
            },
            cancellationToken);

    public Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                using var command = connection.Command("SELECT EXISTS (SELECT 1 FROM api_keys)");
                return (long)command.ExecuteScalar()! == 1;
            },
            cancellationToken);

    private static SqliteCommand FindCommand(SqliteConnection connection) =>
        connection.Command($"SELECT {Columns}, workspace, sha256 FROM api_keys WHERE id = $id", ("$id", ""));

    private static StoredApiKey? Find(SqliteCommand command, string id)
    {
        command.Parameters["$id"].Value = id;
        using var row = command.ExecuteReader();
        return row.Read() ? new StoredApiKey(row.GetString(2), ReadKey(row), row.GetFieldValue<byte[]>(3)) : null;
    }

    internal static CallerKey ReadKey(SqliteDataReader row)
    {
        var key = CallerKey.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
        key.RevokeTime = row.IsDBNull(1) ? null : SqliteTime.ToTimestamp(row.GetInt64(1));
        return key;
    }
}
