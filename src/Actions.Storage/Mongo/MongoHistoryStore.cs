using Actions.V1;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>
/// One document for each execution in <c>executions</c>. The server deletes those that are too old by itself.
/// </summary>
/// <remarks>
/// <code>
/// { _id: { workspace, id }, workspace, action_id, action_name, call_id, start_time, elapsed_us, state, reason,
///   replayed, record: { …JSON form… }, record_binary, content: { …JSON form… }, content_binary, content_time }
/// </code>
/// Every filter contains the workspace, which is the shard key, but for those of <see cref="PurgeAsync"/>.
/// </remarks>
internal sealed class MongoHistoryStore(MongoDatabase database) : IHistoryStore
{
    private const string Record = "record";
    private const string Content = "content";
    private const string ContentTime = "content_time";

    private static readonly FilterDefinitionBuilder<BsonDocument> Where = Builders<BsonDocument>.Filter;
    private static readonly ProjectionDefinition<BsonDocument> Listed =
        Builders<BsonDocument>.Projection.Include(MessageDocument.Fields(Record)[1]);

    private static readonly UpdateDefinition<BsonDocument> WithoutContent = Builders<BsonDocument>.Update
        .Unset(MessageDocument.Fields(Content)[0]).Unset(MessageDocument.Fields(Content)[1]).Unset(ContentTime);

    public Task InitializeAsync(TimeSpan retention, CancellationToken cancellationToken) =>
        database.PrepareAsync(token => MongoHistoryIndexes.CreateAsync(database, retention, token), cancellationToken);

    public Task AppendAsync(IReadOnlyList<HistoryEntry> entries, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async token =>
            {
                try
                {
                    await database.Executions.InsertManyAsync(
                        entries.Select(ToDocument), new InsertManyOptions { IsOrdered = false }, token)
                        .ConfigureAwait(false);
                }
                catch (MongoBulkWriteException<BsonDocument> e) when (
                    e.WriteConcernError is null
                    && e.WriteErrors.All(error => error.Category == ServerErrorCategory.DuplicateKey))
                {
                    // A batch that is repeated, because nobody knew whether it had been written.
                }

                // Afterwards: whoever forgets a call writes that down before it deletes, so one of the two deletes.
                await DeleteForgottenAsync(entries, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    public Task<ExecutionRecord?> GetAsync(string workspace, string executionId, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async token => await database.Executions.Find(Key(workspace, executionId)).FirstOrDefaultAsync(token)
                .ConfigureAwait(false) is { } document
                ? HistoryEntry.Merge(ToRecord(document), MessageDocument.Get<ExecutionRecord>(document, Content))
                : null,
            cancellationToken);

    public Task<IReadOnlyList<ExecutionRecord>> ListAsync(
        string workspace, HistoryQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        return database.ReadAsync<IReadOnlyList<ExecutionRecord>>(
            async token =>
            {
                using var found = await database.Executions.Find(ListFilter(workspace, query))
                    .Sort(Builders<BsonDocument>.Sort.Descending("start_time").Descending("_id"))
                    .Limit(query.Limit)
                    .Project(Listed)
                    .ToCursorAsync(token).ConfigureAwait(false);
                var (listed, bytes) = (new List<ExecutionRecord>(), 0L);
                while (await found.MoveNextAsync(token).ConfigureAwait(false))
                {
                    foreach (var document in found.Current)
                    {
                        listed.Add(HistoryEntry.Listed(ToRecord(document)));
                        bytes += listed[^1].CalculateSize();
                        if (bytes > query.MaxBytes)
                            return listed;
                    }
                }

                return listed;
            },
            cancellationToken);
    }

    public Task<HistoryCounts> CountAsync(string workspace, HistorySpan span, CancellationToken cancellationToken) =>
        database.ReadAsync(token => MongoHistoryCounts.ReadAsync(database, workspace, span, token), cancellationToken);

    public Task ForgetAsync(
        CallKey key, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async token =>
            {
                await database.ForgottenCalls.UpdateOneAsync(
                    Where.Eq("_id", MongoKey.Of(key.Workspace, key.CallId)),
                    Builders<BsonDocument>.Update
                        .Max("time", now.UtcDateTime).Max("expire_time", until.UtcDateTime)
                        .SetOnInsert("workspace", key.Workspace).SetOnInsert("call_id", key.CallId),
                    new UpdateOptions { IsUpsert = true },
                    token).ConfigureAwait(false);
                await database.Executions.DeleteManyAsync(OfCall(key), token).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    public Task<int> PurgeAsync(HistoryAges ages, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async token =>
            {
                // The index on the time has deleted these already, unless the retention is shorter now.
                await database.Executions.DeleteManyAsync(Where.Lt("start_time", ages.Records.UtcDateTime), token)
                    .ConfigureAwait(false);
                await database.Executions.UpdateManyAsync(
                    Where.Lt(ContentTime, ages.Content.UtcDateTime), WithoutContent, cancellationToken: token)
                    .ConfigureAwait(false);
                return 0;
            },
            cancellationToken);

    private async Task DeleteForgottenAsync(IReadOnlyList<HistoryEntry> entries, CancellationToken cancellationToken)
    {
        var calls = entries.Where(entry => entry.Record.CallId.Length > 0)
            .Select(entry => new CallKey(entry.Workspace, entry.Record.CallId)).Distinct().ToList();
        if (calls.Count == 0)
            return;
        var forgotten = await database.ForgottenCalls
            .Find(Where.In("workspace", calls.Select(call => call.Workspace).Distinct())
                & Where.In("_id", calls.Select(call => MongoKey.Of(call.Workspace, call.CallId))))
            .ToListAsync(cancellationToken).ConfigureAwait(false);
        foreach (var call in forgotten)
        {
            await database.Executions.DeleteManyAsync(
                OfCall(new CallKey(call["workspace"].AsString, call["call_id"].AsString))
                    & Where.Lte("start_time", call["time"]),
                cancellationToken).ConfigureAwait(false);
        }
    }

    private static FilterDefinition<BsonDocument> Key(string workspace, string id) =>
        Where.Eq("workspace", workspace) & Where.Eq("_id", MongoKey.Of(workspace, id));

    private static FilterDefinition<BsonDocument> OfCall(CallKey call) =>
        Where.Eq("workspace", call.Workspace) & Where.Eq("call_id", call.CallId);

    private static FilterDefinition<BsonDocument> ListFilter(string workspace, HistoryQuery query)
    {
        var filter = Where.Eq("workspace", workspace);
        if (query.CallId.Length > 0)
            filter &= Where.Eq("call_id", query.CallId);
        if (query.ActionId.Length > 0)
            filter &= Where.Eq("action_id", query.ActionId);
        if (query.State != ExecutionState.Unspecified)
            filter &= Where.Eq("state", query.State.ToString());
        if (query.Reason != FailureReason.Unspecified)
            filter &= Where.Eq("reason", query.Reason.ToString());
        if (query.From is { } from)
            filter &= Where.Gte("start_time", HistoryTimes.Ceiling(from).UtcDateTime);
        if (query.To is { } to)
            filter &= Where.Lt("start_time", HistoryTimes.Ceiling(to).UtcDateTime);
        if (query.SlowerThan is { } slower)
            filter &= Where.Gt("elapsed_us", (long)slower.TotalMicroseconds);
        if (query.After is { } after)
        {
            var time = after.Started.UtcDateTime;
            filter &= Where.Lte("start_time", time)
                & (Where.Lt("start_time", time) | Where.Lt("_id", MongoKey.Of(workspace, after.ExecutionId)));
        }

        return filter;
    }

    private static BsonDocument ToDocument(HistoryEntry entry)
    {
        var (workspace, record, content) = entry;
        var document = new BsonDocument
        {
            ["_id"] = MongoKey.Of(workspace, record.ExecutionId),
            ["workspace"] = workspace,
            ["action_id"] = record.ActionId,
            ["action_name"] = record.ActionName,
            ["call_id"] = record.CallId,
            ["start_time"] = record.StartTime.ToDateTime(),
            ["elapsed_us"] = (long)record.Elapsed.ToTimeSpan().TotalMicroseconds,
            ["state"] = record.State.ToString(),
            ["reason"] = record.Reason.ToString(),
            ["replayed"] = record.ReplayedExecutionId.Length > 0,
        };
        MessageDocument.Put(document, Record, record);
        if (content is null)
            return document;
        document[ContentTime] = document["start_time"];
        MessageDocument.Put(document, Content, content);
        return document;
    }

    private static ExecutionRecord ToRecord(BsonDocument document) =>
        MessageDocument.Get<ExecutionRecord>(document, Record)
        ?? throw new InvalidDataException($"The execution {document["_id"]} has no message.");
}
