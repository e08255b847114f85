using Actions.V1;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>Counts executions on the server.</summary>
internal static class MongoHistoryCounts
{
    private static readonly FilterDefinitionBuilder<BsonDocument> Where = Builders<BsonDocument>.Filter;
    private static readonly SortDefinition<BsonDocument> LatestFirst =
        Builders<BsonDocument>.Sort.Descending("start_time");

    public static async Task<HistoryCounts> ReadAsync(
        MongoDatabase database, string workspace, HistorySpan span, CancellationToken cancellationToken)
    {
        var (executions, first) = (database.Executions, HistoryTimes.Ceiling(span.From));
        var which = Where.Eq("workspace", workspace)
            & Where.Lt("start_time", HistoryTimes.Ceiling(span.To).UtcDateTime);
        if (span.ActionId.Length > 0)
            which &= Where.Eq("action_id", span.ActionId);
        var tooEarly = await executions.Find(which & Where.Gte("start_time", first.UtcDateTime))
            .Sort(LatestFirst)
            .Skip(span.Limit)
            .Project(Builders<BsonDocument>.Projection.Include("start_time"))
            .FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);
        var since = tooEarly is null
            ? first
            : new DateTimeOffset(tooEarly["start_time"].ToUniversalTime()).AddMilliseconds(1);
        var groups = await executions.Aggregate()
            .Match(which & Where.Gte("start_time", since.UtcDateTime))
            .Group<BsonDocument>(Group(first, span.Bucket))
            .ToListAsync(cancellationToken).ConfigureAwait(false);
        var cells = groups.ToDictionary(
            group => ToCell(group["_id"].AsBsonDocument), group => group["count"].ToInt64());

        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var action in cells.Keys.Select(cell => cell.ActionId).Distinct(StringComparer.Ordinal))
        {
            var last = await executions.Find(Where.Eq("workspace", workspace) & Where.Eq("action_id", action))
                .Sort(LatestFirst)
                .Project(Builders<BsonDocument>.Projection.Include("action_name"))
                .FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);
            names[action] = last is null ? "" : last["action_name"].AsString;
        }

        return new HistoryCounts(cells, tooEarly is null ? null : since, names);
    }

    // The classes are those of DurationBins.
    private static BsonDocument Group(DateTimeOffset first, TimeSpan bucket)
    {
        var sinceFirst = Call("$subtract", "$start_time", first.UtcDateTime);
        var logarithm = Call("$log", Call("$max", 1, "$elapsed_us"), 2);
        return new BsonDocument
        {
            ["_id"] = new BsonDocument
            {
                ["action_id"] = "$action_id",
                ["bucket"] = new BsonDocument("$floor", Call("$divide", sinceFirst, (long)bucket.TotalMilliseconds)),
                ["state"] = "$state",
                ["reason"] = "$reason",
                ["bin"] = Call(
                    "$cond", "$replayed", HistoryCell.Replayed,
                    new BsonDocument("$floor", Call("$multiply", logarithm, DurationBins.PerUnit))),
            },
            ["count"] = new BsonDocument("$sum", 1),
        };
    }

    private static BsonDocument Call(string name, params BsonValue[] arguments) => new(name, new BsonArray(arguments));

    private static HistoryCell ToCell(BsonDocument key) => new(
        key["action_id"].AsString,
        key["bucket"].ToInt32(),
        Enum.Parse<ExecutionState>(key["state"].AsString),
        Enum.Parse<FailureReason>(key["reason"].AsString),
        key["bin"].ToInt32());
}
