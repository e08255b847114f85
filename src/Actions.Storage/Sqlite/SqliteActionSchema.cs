namespace Actions.Storage.Sqlite;

/// <summary>The tables of actions, API keys and the key ring.</summary>
internal static class SqliteActionSchema
{
    public static readonly SqliteSchema Schema = new(
        0x41637447, // "ActG"
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
        """);
}
