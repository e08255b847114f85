using Microsoft.Data.Sqlite;

namespace Actions.Storage.Sqlite;

/// <summary>
/// The tables, and the migration of files of older releases. <c>PRAGMA user_version</c> is the number of scripts run.
/// </summary>
internal static class SqliteSchema
{
    // "ActG": identifies the file as ours, so that a wrong path never adds tables to another program's database.
    private const long ApplicationId = 0x41637447;

    // Append only: existing files have run the released scripts.
    private static readonly string[] Migrations =
    [
        // Fields that the store assigns (etag, times), or that one statement checks and writes, are columns instead of
        // parts of the message. The sample has its own column: it is by far the largest part, and lists don't return
        // it. Text is compared byte by byte (BINARY), in UTF-8.
        """
        CREATE TABLE actions (
            number      INTEGER PRIMARY KEY,
            workspace   TEXT    NOT NULL,
            id          TEXT    NOT NULL,
            name_key    TEXT    NOT NULL,
            etag        TEXT    NOT NULL,
            create_time INTEGER NOT NULL, -- 100 ns since 1970-01-01 UTC
            update_time INTEGER NOT NULL, -- 100 ns since 1970-01-01 UTC
            config      BLOB    NOT NULL, -- actions.v1.ActionConfig
            sample      BLOB              -- actions.v1.Sample
        ) STRICT;
        CREATE UNIQUE INDEX actions_by_id ON actions (workspace, id);
        CREATE UNIQUE INDEX actions_by_name ON actions (workspace, name_key);
        CREATE TABLE action_labels (
            action INTEGER NOT NULL REFERENCES actions (number) ON DELETE CASCADE,
            name   TEXT    NOT NULL,
            value  TEXT    NOT NULL,
            PRIMARY KEY (action, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE key_ring (
            name               TEXT NOT NULL PRIMARY KEY,
            content            TEXT NOT NULL, -- XML, encrypted as a whole
            key_encryption_key TEXT NOT NULL  -- the id of the key; empty: content is in the clear
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE api_keys (
            id          TEXT    PRIMARY KEY,
            workspace   TEXT    NOT NULL,
            sha256      BLOB    NOT NULL,
            revoke_time INTEGER,          -- 100 ns since 1970-01-01 UTC
            api_key     BLOB    NOT NULL  -- actions.v1.CallerKey
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX api_keys_by_workspace ON api_keys (workspace, id);
        """,
    ];

    /// <summary>Migrates the file to this version's schema; does nothing when it is up to date.</summary>
    /// <exception cref="InvalidDataException">The file belongs to another program or a newer version.</exception>
    public static void Migrate(SqliteConnection connection)
    {
        // The lock is taken before the version is read: another process may be migrating the same file.
        using var transaction = connection.BeginTransaction(deferred: false);
        var version = ReadNumber(connection, "PRAGMA user_version");
        RefuseForeign(connection, version);
        if (version == Migrations.Length)
            return;
        for (var next = (int)version; next < Migrations.Length; next++)
            connection.Execute(Migrations[next]);
        connection.Execute($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Migrations.Length}");
        transaction.Commit();
    }

    private static void RefuseForeign(SqliteConnection connection, long version)
    {
        var isNew = version == 0 && ReadNumber(connection, "SELECT count(*) FROM sqlite_schema") == 0;
        if (!isNew && ReadNumber(connection, "PRAGMA application_id") != ApplicationId)
            throw new InvalidDataException("is the database of some other program");
        if (version > Migrations.Length)
        {
            throw new InvalidDataException(
                $"has format {version}, written by a newer release; this one knows formats up to {Migrations.Length}");
        }
    }

    private static long ReadNumber(SqliteConnection connection, string sql)
    {
        using var command = connection.Command(sql);
        return (long)command.ExecuteScalar()!;
    }
}
