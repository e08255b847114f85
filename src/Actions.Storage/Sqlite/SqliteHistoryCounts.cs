using System.Runtime.InteropServices;
using Actions.V1;
using Microsoft.Data.Sqlite;

namespace Actions.Storage.Sqlite;

/// <summary>Counts executions, action by action, from an index alone, without their messages.</summary>
internal static class SqliteHistoryCounts
{
    // What is read of an execution is two numbers: reading a column costs more than the index behind it.
    private const int ReplayedBits = 1;
    private const int ReasonBits = 11;
    private const int StateBits = 4;

    public static HistoryCounts Read(SqliteConnection connection, string workspace, HistorySpan span)
    {
        var first = HistoryTimes.Ceiling(span.From).ToUnixTimeMilliseconds();
        var to = HistoryTimes.Ceiling(span.To).ToUnixTimeMilliseconds();
        var since = SinceOf(connection, workspace, span, first, to);
        var cells = new List<KeyValuePair<HistoryCell, long>>();
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        using var command = connection.Command(
            $"""
            SELECT
                ((start_time - $first) / $bucket << {StateBits + ReasonBits + ReplayedBits})
                    | (state << {ReasonBits + ReplayedBits}) | (reason << {ReplayedBits}) | replayed,
                elapsed
            FROM executions
            WHERE workspace = $workspace AND action_id = $action_id AND start_time >= $since AND start_time < $to
            """,
            ("$workspace", workspace), ("$action_id", ""), ("$first", first), ("$since", since), ("$to", to),
            ("$bucket", (long)span.Bucket.TotalMilliseconds));
        foreach (var action in span.ActionId.Length > 0 ? [span.ActionId] : ActionsOf(connection, workspace))
        {
            command.Parameters["$action_id"].Value = action;
            var counts = Count(command);
            if (counts.Count == 0)
                continue;
            names[action] = NameOf(connection, workspace, action);
            foreach (var ((packed, bin), count) in counts)
                cells.Add(KeyValuePair.Create(Unpack(action, packed, bin), count));
        }

        return new HistoryCounts(cells, since == first ? null : DateTimeOffset.FromUnixTimeMilliseconds(since), names);
    }

    private static Dictionary<(long Packed, int Bin), long> Count(SqliteCommand command)
    {
        using var row = command.ExecuteReader();
        var counts = new Dictionary<(long, int), long>();
        while (row.Read())
        {
            var packed = row.GetInt64(0);
            var bin = (packed & 1) == 0 ? DurationBins.Of(row.GetInt64(1)) : HistoryCell.Replayed;
            CollectionsMarshal.GetValueRefOrAddDefault(counts, (packed, bin), out _)++;
        }

        return counts;
    }

    private static HistoryCell Unpack(string action, long packed, int bin) => new(
        action,
        (int)(packed >> (StateBits + ReasonBits + ReplayedBits)),
        (ExecutionState)((packed >> (ReasonBits + ReplayedBits)) & ((1 << StateBits) - 1)),
        (FailureReason)((packed >> ReplayedBits) & ((1 << ReasonBits) - 1)),
        bin);

    /// <returns>The time from which on no more executions have started than the limit.</returns>
    private static long SinceOf(SqliteConnection connection, string workspace, HistorySpan span, long first, long to)
    {
        // Together in one SELECT they would be looked for in the whole table.
        using var size = connection.Command(
            "SELECT (SELECT max(number) FROM executions) - (SELECT min(number) FROM executions)");
        if (size.ExecuteScalar() is not long numbers || numbers < span.Limit)
            return first;
        using var surplus = connection.Command(
            $"""
            SELECT start_time FROM executions
            WHERE workspace = $workspace {(span.ActionId.Length > 0 ? "AND action_id = $action_id" : "")}
                AND start_time >= $first AND start_time < $to
            ORDER BY start_time DESC LIMIT 1 OFFSET $limit
            """,
            ("$workspace", workspace), ("$action_id", span.ActionId), ("$first", first), ("$to", to),
            ("$limit", span.Limit));
        return surplus.ExecuteScalar() is long tooEarly ? tooEarly + 1 : first;
    }

    // Each is one step in the index, however many executions it has.
    private static List<string> ActionsOf(SqliteConnection connection, string workspace)
    {
        using var command = connection.Command(
            """
            WITH RECURSIVE found (action) AS (
                SELECT min(action_id) FROM executions WHERE workspace = $workspace
                UNION ALL
                SELECT (SELECT min(action_id) FROM executions WHERE workspace = $workspace AND action_id > found.action)
                FROM found WHERE found.action IS NOT NULL)
            SELECT action FROM found WHERE action IS NOT NULL
            """,
            ("$workspace", workspace));
        using var row = command.ExecuteReader();
        var actions = new List<string>();
        while (row.Read())
            actions.Add(row.GetString(0));
        return actions;
    }

    private static string NameOf(SqliteConnection connection, string workspace, string action)
    {
        using var command = connection.Command(
            """
            SELECT record FROM executions WHERE workspace = $workspace AND action_id = $action_id
            ORDER BY start_time DESC LIMIT 1
            """,
            ("$workspace", workspace), ("$action_id", action));
        return command.ExecuteScalar() is byte[] record ? ExecutionRecord.Parser.ParseFrom(record).ActionName : "";
    }
}
