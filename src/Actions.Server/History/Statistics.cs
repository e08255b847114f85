using Actions.Engine.Limits;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.History;

/// <summary>Statistics of what the store has counted.</summary>
internal static class Statistics
{
    private static readonly EnumDescriptor Reasons =
        ExecutionReflection.Descriptor.FindTypeByName<EnumDescriptor>(nameof(FailureReason));

    /// <exception cref="InvalidFieldsException">The response would be too large.</exception>
    public static GetStatisticsResponse Of(HistoryCounts counts, HistorySpan span, int maxBytes)
    {
        var response = new GetStatisticsResponse
        {
            CountedSince = counts.Since is { } since ? Timestamp.FromDateTimeOffset(since) : null,
        };
        response.Statistics.AddRange(counts.Cells
            .GroupBy(cell => (cell.Key.Bucket, cell.Key.ActionId))
            .OrderBy(group => group.Key.Bucket).ThenBy(group => group.Key.ActionId, StringComparer.Ordinal)
            .Select(group => Of(
                group.Key.ActionId, counts.ActionNames.GetValueOrDefault(group.Key.ActionId, ""),
                span.From + (group.Key.Bucket * span.Bucket), group)));
        if (response.CalculateSize() is var bytes && bytes > maxBytes)
        {
            throw new InvalidFieldsException(
                "bucket",
                $"makes a response of {bytes} bytes; at most {maxBytes} are allowed. Name an action_id, or choose a "
                + "wider bucket.");
        }

        return response;
    }

    private static ExecutionStatistics Of(
        string actionId, string actionName, DateTimeOffset start, IEnumerable<KeyValuePair<HistoryCell, long>> cells)
    {
        var statistics = new ExecutionStatistics
        {
            ActionId = actionId,
            ActionName = actionName,
            StartTime = Timestamp.FromDateTimeOffset(start),
        };
        var durations = new SortedDictionary<int, long>();
        foreach (var (cell, count) in cells)
        {
            Count(statistics, cell, count);
            if (cell.DurationBin != HistoryCell.Replayed)
                durations[cell.DurationBin] = durations.GetValueOrDefault(cell.DurationBin) + count;
        }

        var measured = durations.Values.Sum();
        statistics.P50 = Percentile(durations, measured, 0.50);
        statistics.P95 = Percentile(durations, measured, 0.95);
        statistics.P99 = Percentile(durations, measured, 0.99);
        return statistics;
    }

    private static void Count(ExecutionStatistics statistics, HistoryCell cell, long count)
    {
        statistics.Executions += count;
        switch (cell.State)
        {
            case ExecutionState.Succeeded:
                statistics.Succeeded += count;
                return;
            case ExecutionState.Aborted:
                statistics.Aborted += count;
                return;
            case ExecutionState.Unknown:
                statistics.Unknown += count;
                break;
            default:
                statistics.Failed += count;
                break;
        }

        // A reason of a newer server has no name here.
        var reason = Reasons.FindValueByNumber((int)cell.Reason)?.Name ?? $"{(int)cell.Reason}";
        statistics.Failures[reason] = statistics.Failures.GetValueOrDefault(reason) + count;
    }

    /// <returns>That of the nearest rank. Null: nothing was measured.</returns>
    private static Duration? Percentile(SortedDictionary<int, long> durations, long measured, double share)
    {
        var rank = (long)Math.Ceiling(share * measured);
        foreach (var (bin, count) in durations)
        {
            rank -= count;
            if (rank <= 0)
                return Duration.FromTimeSpan(DurationBins.Middle(bin));
        }

        return null;
    }
}
