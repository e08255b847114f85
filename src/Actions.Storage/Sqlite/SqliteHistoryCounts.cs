using System.Runtime.InteropServices;
using Actions.V1;
using Microsoft.Data.Sqlite;

namespace Actions.Storage.Sqlite;

/// <summary>Counts executions from an index alone, without their messages.</summary>
internal static class SqliteHistoryCounts
{
    public static (Dictionary<HistoryCell, long> Cells, DateTimeOffset? Since) Read(
        SqliteConnection connection, string workspace, HistorySpan span)
    {
        var isOne = span.ActionId.Length > 0;
        var first = HistoryTimes.Ceiling(span.From).ToUnixTimeMilliseconds();
        var bucket = (long)span.Bucket.TotalMilliseconds;
        var which = isOne ? "workspace = $workspace AND action_id = $action_id" : "workspace = $workspace";
        (string, object?)[] parameters =
        [
            ("$workspace", workspace), ("$action_id", span.ActionId), ("$from", first),
            ("$to", HistoryTimes.Ceiling(span.To).ToUnixTimeMilliseconds()), ("$limit", span.Limit),
        ];
        using var surplus = connection.Command(
            $"""
            SELECT start_time FROM executions WHERE {which} AND start_time >= $from AND start_time < $to
            ORDER BY start_time DESC LIMIT 1 OFFSET $limit
            """,
            parameters);
        var since = surplus.ExecuteScalar() is long tooEarly ? tooEarly + 1 : first;
        parameters[2].Item2 = since;
        using var command = connection.Command(
            $"""
            SELECT start_time, state, reason, elapsed, replayed{(isOne ? "" : ", action_id")} FROM executions
            WHERE {which} AND start_time >= $from AND start_time < $to
            """,
            parameters);
        using var row = command.ExecuteReader();
        var cells = new Dictionary<HistoryCell, long>();
        while (row.Read())
        {
            var cell = new HistoryCell(
                isOne ? span.ActionId : row.GetString(5),
                (int)((row.GetInt64(0) - first) / bucket),
                (ExecutionState)row.GetInt32(1),
                (FailureReason)row.GetInt32(2),
                row.GetInt64(4) == 0 ? DurationBins.Of(row.GetInt64(3)) : HistoryCell.Replayed);
            CollectionsMarshal.GetValueRefOrAddDefault(cells, cell, out _)++;
        }

        return (cells, since == first ? null : DateTimeOffset.FromUnixTimeMilliseconds(since));
    }

    public static IReadOnlyDictionary<string, string> Names(
        SqliteConnection connection, string workspace, IEnumerable<string> actions)
    {
        using var command = connection.Command(
            """
            SELECT record FROM executions WHERE workspace = $workspace AND action_id = $action_id
            ORDER BY start_time DESC LIMIT 1
            """,
            ("$workspace", workspace), ("$action_id", ""));
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var action in actions)
        {
            if (names.ContainsKey(action))
                continue;
            command.Parameters[1].Value = action;
            names[action] = command.ExecuteScalar() is byte[] record
                ? ExecutionRecord.Parser.ParseFrom(record).ActionName
                : "";
        }

        return names;
    }
}
