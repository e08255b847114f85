using System.Globalization;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace Actions.Storage.Sqlite;

/// <summary>Reads and writes all records of the file.</summary>
internal sealed class SqliteArchive(SqliteDatabase database) : IStoreArchive
{
    public Task<long> CountAsync(StoreRecordKind kind, CancellationToken cancellationToken) =>
        database.ReadAsync(
            connection =>
            {
                using var command = connection.Command(kind switch
                {
                    StoreRecordKind.KeyRing => "SELECT count(*) FROM key_ring",
                    StoreRecordKind.ApiKey => "SELECT count(*) FROM api_keys",
                    _ => "SELECT count(*) FROM actions",
                });
                return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
            },
            cancellationToken);

    public Task<IReadOnlyList<StoreRecord>> ReadAsync(
        StoreRecordKind kind, StoreRecord? after, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoreRecord>>(
            connection =>
            {
                using var command = ReadCommand(connection, kind, after);
                command.Parameters.AddWithValue("$limit", limit);
                using var row = command.ExecuteReader();
                var records = new List<StoreRecord>();
                while (row.Read())
                    records.Add(Read(kind, row));
                return records;
            },
            cancellationToken);

    public Task PutAsync(IReadOnlyCollection<StoreRecord> records, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection =>
            {
                foreach (var record in records)
                    Put(connection, record);
                return true;
            },
            cancellationToken);

    private static SqliteCommand ReadCommand(SqliteConnection connection, StoreRecordKind kind, StoreRecord? after) => kind switch
    {
        StoreRecordKind.KeyRing => connection.Command(
            "SELECT name, content, key_encryption_key FROM key_ring WHERE name > $after ORDER BY name LIMIT $limit",
            ("$after", after?.Key ?? "")),
        StoreRecordKind.ApiKey => connection.Command(
            "SELECT api_key, revoke_time, workspace, sha256 FROM api_keys WHERE id > $after ORDER BY id LIMIT $limit",
            ("$after", after?.Key ?? "")),
        _ => connection.Command(
            $"""
            SELECT {SqliteActionStore.Columns}, sample, workspace FROM actions
            WHERE (workspace, id) > ($workspace, $id) ORDER BY workspace, id LIMIT $limit
            """,
            ("$workspace", (after as ActionRecord)?.Workspace ?? ""), ("$id", (after as ActionRecord)?.Config.Id ?? "")),
    };

    private static StoreRecord Read(StoreRecordKind kind, SqliteDataReader row) => kind switch
    {
        StoreRecordKind.KeyRing => new KeyRingRecord(new KeyRingElement(row.GetString(0), row.GetString(1), row.GetString(2))),
        StoreRecordKind.ApiKey => new ApiKeyRecord(
            new StoredApiKey(row.GetString(2), SqliteApiKeyStore.ReadKey(row), row.GetFieldValue<byte[]>(3))),
        _ => new ActionRecord(row.GetString(5), SqliteActionStore.ReadAction(row)),
    };

    private static void Put(SqliteConnection connection, StoreRecord record)
    {
        switch (record)
        {
            case KeyRingRecord { Element: var element }:
                connection.Execute(
                    "INSERT OR REPLACE INTO key_ring (name, content, key_encryption_key) VALUES ($name, $content, $key)",
                    ("$name", element.Name), ("$content", element.Content), ("$key", element.KeyEncryptionKeyId));
                break;
            case ApiKeyRecord { Stored: var stored }:
                var key = stored.Key.Clone();
                key.RevokeTime = null;
                connection.Execute(
                    """
                    INSERT OR REPLACE INTO api_keys (id, workspace, sha256, revoke_time, api_key)
                    VALUES ($id, $workspace, $sha256, $revoke_time, $api_key)
                    """,
                    ("$id", key.Id), ("$workspace", stored.Workspace), ("$sha256", stored.Sha256.ToArray()),
                    ("$revoke_time", stored.Key.RevokeTime is { } time ? SqliteTime.ToNumber(time.ToDateTimeOffset()) : null),
                    ("$api_key", key.ToByteArray()));
                break;
            case ActionRecord { Workspace: var workspace, Config: var config }:
                connection.Execute(
                    "DELETE FROM actions WHERE workspace = $workspace AND id = $id", ("$workspace", workspace), ("$id", config.Id));
                SqliteActionStore.Insert(connection, workspace, config);
                break;
        }
    }
}
