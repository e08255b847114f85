namespace Actions.Storage.Sqlite;

/// <summary>The tables of calls. All of them are temporary.</summary>
internal static class SqliteCallSchema
{
    public static readonly SqliteSchema Schema = new(
        0x41637443, // "ActC"
        // The client's text is a BLOB, in UTF-8: the driver reads text up to its first NUL only. Times are units of
        // 100 ns since 1970-01-01 UTC.
        """
        CREATE TABLE calls (
            number    INTEGER PRIMARY KEY,
            workspace TEXT    NOT NULL,
            call_id   BLOB    NOT NULL,
            expires   INTEGER NOT NULL,
            ended     INTEGER          -- what began before is ignored
        ) STRICT;
        CREATE UNIQUE INDEX calls_by_id ON calls (workspace, call_id);
        CREATE INDEX calls_by_use ON calls (workspace, expires);
        CREATE INDEX calls_by_expiry ON calls (expires);
        CREATE TABLE executions (
            number        INTEGER PRIMARY KEY,
            call          INTEGER NOT NULL REFERENCES calls (number) ON DELETE CASCADE,
            workspace     TEXT    NOT NULL,
            id            TEXT    NOT NULL,
            identity      TEXT    NOT NULL,
            state         INTEGER NOT NULL,
            started       INTEGER NOT NULL,
            deadline      INTEGER NOT NULL,
            last_sequence INTEGER NOT NULL,
            same_as       TEXT    NOT NULL,
            summary       BLOB    NOT NULL,
            content       BLOB    NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX executions_by_id ON executions (workspace, id);
        CREATE INDEX executions_by_call ON executions (call, started, id);
        CREATE TABLE holders (
            call      INTEGER NOT NULL REFERENCES calls (number) ON DELETE CASCADE,
            identity  TEXT    NOT NULL,
            execution TEXT    NOT NULL, -- the id of the one that may call the API
            PRIMARY KEY (call, identity)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE variables (
            number  INTEGER PRIMARY KEY,
            call    INTEGER NOT NULL REFERENCES calls (number) ON DELETE CASCADE,
            name    BLOB    NOT NULL,
            written INTEGER NOT NULL,
            content BLOB    NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX variables_by_name ON variables (call, name);
        CREATE TABLE checks (
            number INTEGER PRIMARY KEY CHECK (number = 1), -- one row, which is written to see that it can be
            count  INTEGER NOT NULL
        ) STRICT;
        INSERT INTO checks VALUES (1, 0);
        """)
    {
        SurvivesPowerFailure = false,
        Advice =
            "It lies beside the file of Storage:Sqlite:Path and holds only what running calls need: it may be deleted "
            + "while no server runs.",
    };
}
