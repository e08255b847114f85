using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>Stores calls in <c>calls</c>, as <see cref="MongoCallDocument"/> says.</summary>
internal sealed class MongoCallStore(MongoDatabase database, TimeProvider clock) : ICallStore
{
    // Of one query.
    private const int MaxKeys = 1000;

    private static readonly FilterDefinitionBuilder<BsonDocument> Where = Builders<BsonDocument>.Filter;
    private static readonly UpdateOptions Upsert = new() { IsUpsert = true };

    public Task InitializeAsync(CancellationToken cancellationToken) =>
        database.PrepareAsync(token => MongoIndexes.CreateForCallsAsync(database, token), cancellationToken);

    public Task<ClaimAnswer> ClaimAsync(CallClaim claim, CancellationToken cancellationToken)
    {
        var execution = claim.Execution;
        ArgumentException.ThrowIfNullOrEmpty(execution.Identity);
        var path = MongoCallDocument.HolderPath(execution.Identity);
        // Of the execution itself: a claim whose answer was lost is granted again.
        var holders = new BsonValue[] { BsonNull.Value, execution.Id, claim.Replaces };
        return database.WriteAsync(
            async token =>
            {
                while (!await TryUpdateAsync(
                    execution.Call, Where.In(path, holders), execution.Started,
                    MongoCallDocument.Claim(execution), token)
                    .ConfigureAwait(false))
                {
                    if (await FindAsync(execution.Call, MongoCallDocument.HoldersOnly, token)
                        .ConfigureAwait(false) is not { } call)
                        continue;
                    if (execution.Started < MongoCallDocument.ReadEnded(call))
                        return new ClaimAnswer(IsGranted: false, Holder: null);
                    if (MongoCallDocument.ReadHolder(call, execution.Identity) is { } holder
                        && !holders.Contains(holder)
                        && await FindExecutionAsync(execution.Call.Workspace, holder, token)
                            .ConfigureAwait(false) is { } held)
                    {
                        return new ClaimAnswer(IsGranted: false, held);
                    }
                }

                return new ClaimAnswer(IsGranted: true, Holder: null);
            },
            cancellationToken);
    }

    public Task WriteAsync(IReadOnlyCollection<CallWrite> writes, CancellationToken cancellationToken)
    {
        if (writes.Count == 0)
            return Task.CompletedTask;
        return database.WriteAsync(
            async token =>
            {
                // All calls in one message: a connection for each would empty the pool.
                var calls = writes.GroupBy(write => write.Execution.Call)
                    .Select(call => (call.Key, Writes: (IReadOnlyList<CallWrite>)[.. call])).ToList();
                try
                {
                    await database.Calls.BulkWriteAsync(
                        calls.Select(call => new UpdateOneModel<BsonDocument>(
                            Filter(call.Key, Where.Empty, FirstStart(call.Writes)),
                            MongoCallDocument.Write(call.Writes))
                        { IsUpsert = true }),
                        new BulkWriteOptions { IsOrdered = false },
                        token).ConfigureAwait(false);
                }
                catch (MongoBulkWriteException<BsonDocument> e) when (e.IsDuplicateKey())
                {
                    // The others are written.
                    foreach (var error in e.WriteErrors)
                        await WriteAsync(calls[error.Index].Key, calls[error.Index].Writes, token)
                            .ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken);
    }

    public Task<StoredExecution?> GetExecutionAsync(
        string workspace, string executionId, CancellationToken cancellationToken) =>
        database.ReadAsync(token => FindExecutionAsync(workspace, executionId, token), cancellationToken);

    public Task<IReadOnlyList<StoredVariable>> GetVariablesAsync(
        CallKey key, IReadOnlyCollection<string> names, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredVariable>>(
            async token =>
                await FindAsync(key, MongoCallDocument.SomeVariables(names), token).ConfigureAwait(false) is { } call
                ? SortedVariables(call)
                : [],
            cancellationToken);

    public Task<StoredCall?> GetCallAsync(CallKey key, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async token =>
            {
                if (await FindAsync(key, Builders<BsonDocument>.Projection.Exclude(MongoCallDocument.Ids), token)
                    .ConfigureAwait(false) is not { } call)
                    return null;
                var executions = MongoCallDocument.ReadExecutions(call)
                    .Select(execution => execution with { Content = default })
                    .OrderBy(execution => execution.Started).ThenBy(execution => execution.Id, StringComparer.Ordinal)
                    .ToList();
                // One that was ended and isn't used again.
                return executions.Count == 0
                    ? null
                    : new StoredCall(key, MongoCallDocument.ReadExpires(call), executions, SortedVariables(call));
            },
            cancellationToken);

    public Task EndAsync(
        CallKey key, DateTimeOffset now, DateTimeOffset expires, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async token =>
            {
                await database.Calls.UpdateOneAsync(
                    IdOf(key),
                    Builders<BsonDocument>.Update
                        .Max(MongoCallDocument.Ended, MongoCallDocument.ToNumber(now))
                        .Max(MongoCallDocument.Expires, MongoCallDocument.ToDate(expires))
                        .Unset(MongoCallDocument.Ids).Unset(MongoCallDocument.Executions)
                        .Unset(MongoCallDocument.Holders).Unset(MongoCallDocument.Variables),
                    Upsert,
                    token).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    public Task<IReadOnlyDictionary<CallKey, DateTimeOffset>> FindEndedAsync(
        IReadOnlyCollection<CallKey> calls, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<CallKey, DateTimeOffset>>(
            async token =>
            {
                var ended = new Dictionary<CallKey, DateTimeOffset>();
                foreach (var some in calls.Chunk(MaxKeys))
                {
                    var found = await database.Calls
                        .Find(
                            Where.In("_id", some.Select(key => MongoKey.Of(key.Workspace, key.CallId)))
                            & Where.Exists(MongoCallDocument.Ended) & NotExpired())
                        .Project(MongoCallDocument.EndedOnly)
                        .ToListAsync(token).ConfigureAwait(false);
                    foreach (var call in found)
                        ended[MongoCallDocument.ReadKey(call)] = MongoCallDocument.ReadEnded(call)!.Value;
                }

                return ended;
            },
            cancellationToken);

    public async Task<int> PurgeAsync(DateTimeOffset now, int maxCallsPerWorkspace, CancellationToken cancellationToken)
    {
        // The server's own deletion runs once a minute, and not everywhere.
        var purged = await DeleteAsync(
            Where.Lte(MongoCallDocument.Expires, MongoCallDocument.ToNow(now)), cancellationToken)
            .ConfigureAwait(false);
        var full = await database.ReadAsync(
            token => database.Calls.Aggregate()
                .Group(new BsonDocument { ["_id"] = "$workspace", ["count"] = new BsonDocument("$sum", 1) })
                .Match(Where.Gt("count", maxCallsPerWorkspace))
                .ToListAsync(token),
            cancellationToken).ConfigureAwait(false);
        foreach (var workspace in full)
        {
            for (var excess = workspace["count"].ToInt32() - maxCallsPerWorkspace; excess > 0; excess -= MaxKeys)
            {
                var oldest = await database.ReadAsync(
                    token => database.Calls.Find(Where.Eq(MongoCallDocument.Workspace, workspace["_id"].AsString))
                        .Sort(Builders<BsonDocument>.Sort.Ascending(MongoCallDocument.Expires))
                        .Limit(Math.Min(excess, MaxKeys))
                        .Project(MongoCallDocument.EndedOnly)
                        .ToListAsync(token),
                    cancellationToken).ConfigureAwait(false);
                purged += await DeleteAsync(Where.In("_id", oldest.Select(call => call["_id"])), cancellationToken)
                    .ConfigureAwait(false);
            }
        }

        return purged;
    }

    /// <summary>Ignores executions that began before the call was ended.</summary>
    private async Task WriteAsync(CallKey key, IReadOnlyList<CallWrite> writes, CancellationToken cancellationToken)
    {
        while (writes.Count > 0)
        {
            if (await TryUpdateAsync(
                key, Where.Empty, FirstStart(writes), MongoCallDocument.Write(writes), cancellationToken)
                .ConfigureAwait(false))
            {
                return;
            }

            var call = await FindAsync(key, MongoCallDocument.EndedOnly, cancellationToken).ConfigureAwait(false);
            if (call is not null && MongoCallDocument.ReadEnded(call) is { } ended)
                writes = [.. writes.Where(write => write.Execution.Started >= ended)];
        }
    }

    /// <summary>Creates or updates the call, if it meets <paramref name="condition"/> and wasn't ended after
    /// <paramref name="started"/>.</summary>
    private async Task<bool> TryUpdateAsync(
        CallKey key, FilterDefinition<BsonDocument> condition, DateTimeOffset started,
        UpdateDefinition<BsonDocument> update,
        CancellationToken cancellationToken)
    {
        try
        {
            await database.Calls.UpdateOneAsync(Filter(key, condition, started), update, Upsert, cancellationToken)
                .ConfigureAwait(false);
            return true;
        }
        catch (MongoWriteException e) when (e.IsDuplicateKey())
        {
            // There is such a call, and it doesn't meet the filter. Perhaps because it has expired.
            await database.Calls.DeleteOneAsync(
                IdOf(key) & Where.Lte(MongoCallDocument.Expires, Now()), cancellationToken)
                .ConfigureAwait(false);
            return false;
        }
    }

    private async Task<StoredExecution?> FindExecutionAsync(
        string workspace, string id, CancellationToken cancellationToken)
    {
        var call = await database.Calls
            .Find(Where.Eq(MongoCallDocument.Workspace, workspace) & Where.Eq(MongoCallDocument.Ids, id) & NotExpired())
            .Project(MongoCallDocument.OneExecution(id))
            .FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);
        return call is null ? null : MongoCallDocument.ReadExecutions(call).FirstOrDefault();
    }

    private Task<BsonDocument?> FindAsync(
        CallKey key, ProjectionDefinition<BsonDocument> projection, CancellationToken cancellationToken) =>
        database.Calls.Find(IdOf(key) & NotExpired()).Project(projection).FirstOrDefaultAsync(cancellationToken)!;

    private Task<int> DeleteAsync(FilterDefinition<BsonDocument> filter, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async token => (int)(await database.Calls.DeleteManyAsync(filter, token).ConfigureAwait(false))
                .DeletedCount,
            cancellationToken);

    private static List<StoredVariable> SortedVariables(BsonDocument call) =>
        [.. MongoCallDocument.ReadVariables(call).OrderBy(variable => variable.Name, StringComparer.Ordinal)];

    private static FilterDefinition<BsonDocument> IdOf(CallKey key) =>
        Where.Eq("_id", MongoKey.Of(key.Workspace, key.CallId)) & Where.Eq(MongoCallDocument.Workspace, key.Workspace);

    private FilterDefinition<BsonDocument> Filter(
        CallKey key, FilterDefinition<BsonDocument> condition, DateTimeOffset started) =>
        IdOf(key) & NotExpired() & condition
        & (Where.Exists(MongoCallDocument.Ended, exists: false)
            | Where.Lte(MongoCallDocument.Ended, MongoCallDocument.ToNumber(started)));

    private static DateTimeOffset FirstStart(IReadOnlyList<CallWrite> writes) =>
        writes.Min(write => write.Execution.Started);

    private FilterDefinition<BsonDocument> NotExpired() => Where.Gt(MongoCallDocument.Expires, Now());

    private BsonDateTime Now() => MongoCallDocument.ToNow(clock.GetUtcNow());
}
