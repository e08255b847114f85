namespace Actions.Storage.Sqlite;

/// <summary>The tables of the history's file.</summary>
internal static class SqliteHistorySchema
{
    public static readonly SqliteSchema Schema = new(
        0x41637448, // "ActH"
        // The number grows with each record, so that the oldest are found at its beginning. The indexes hold what lists
        // filter by and what is counted: the messages are read only of executions that are listed.
        """
        CREATE TABLE executions (
            number     INTEGER PRIMARY KEY,
            workspace  TEXT    NOT NULL,
            id         TEXT    NOT NULL,
            action_id  TEXT    NOT NULL,
            call_id    TEXT    NOT NULL, -- empty: of no call
            start_time INTEGER NOT NULL, -- ms since 1970-01-01 UTC
            elapsed    INTEGER NOT NULL, -- microseconds
            state      INTEGER NOT NULL, -- actions.v1.ExecutionState
            reason     INTEGER NOT NULL, -- actions.v1.FailureReason
            replayed   INTEGER NOT NULL, -- 1: it has the events of another execution
            record     BLOB    NOT NULL, -- actions.v1.ExecutionRecord without content
            content    BLOB              -- actions.v1.ExecutionRecord: what replaces parts of the record
        ) STRICT;
        CREATE UNIQUE INDEX executions_by_id ON executions (workspace, id);
        CREATE INDEX executions_by_time ON executions
            (workspace, start_time, state, reason, elapsed, action_id, replayed);
        CREATE INDEX executions_by_action ON executions
            (workspace, action_id, start_time, state, reason, elapsed, replayed);
        CREATE INDEX executions_by_call ON executions (workspace, call_id, start_time) WHERE call_id <> '';
        CREATE INDEX executions_with_content ON executions (start_time) WHERE content IS NOT NULL;
        CREATE TABLE forgotten_calls (
            workspace   TEXT    NOT NULL,
            call_id     TEXT    NOT NULL,
            time        INTEGER NOT NULL, -- ms since 1970-01-01 UTC
            expire_time INTEGER NOT NULL, -- ms since 1970-01-01 UTC
            PRIMARY KEY (workspace, call_id)
        ) STRICT, WITHOUT ROWID;
        """)
    {
        SurvivesPowerFailure = false,
        Advice = "It holds the history, beside Storage:Sqlite:Path.",
    };
}
