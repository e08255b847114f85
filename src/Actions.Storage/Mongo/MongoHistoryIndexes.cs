using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>Creates the indexes of the history.</summary>
internal static class MongoHistoryIndexes
{
    // https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
    private const int IndexOptionsConflict = 85;

    /// <summary>Idempotent. A retention that has changed is that of all executions from now on.</summary>
    public static async Task CreateAsync(
        MongoDatabase database, TimeSpan retention, CancellationToken cancellationToken)
    {
        var executions = database.Executions;
        await executions.Indexes.CreateManyAsync(
            [
                Index("by_time", ("workspace", 1), ("start_time", -1), ("_id", -1)),
                Index("by_action", ("workspace", 1), ("action_id", 1), ("start_time", -1), ("_id", -1)),
                Index("by_call", ("workspace", 1), ("call_id", 1), ("start_time", -1)),
                new CreateIndexModel<BsonDocument>(
                    new BsonDocument("content_time", 1),
                    new CreateIndexOptions { Name = "by_content_time", Sparse = true }),
            ],
            cancellationToken).ConfigureAwait(false);
        await database.ForgottenCalls.Indexes.CreateOneAsync(
            new CreateIndexModel<BsonDocument>(
                new BsonDocument("expire_time", 1),
                new CreateIndexOptions { Name = "expiry", ExpireAfter = TimeSpan.Zero }),
            cancellationToken: cancellationToken).ConfigureAwait(false);
        try
        {
            await executions.Indexes.CreateOneAsync(
                new CreateIndexModel<BsonDocument>(
                    new BsonDocument("start_time", 1),
                    new CreateIndexOptions { Name = "retention", ExpireAfter = retention }),
                cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (MongoCommandException e) when (e.Code == IndexOptionsConflict)
        {
            await executions.Database.RunCommandAsync<BsonDocument>(
                new BsonDocument
                {
                    ["collMod"] = executions.CollectionNamespace.CollectionName,
                    ["index"] = new BsonDocument
                    {
                        ["keyPattern"] = new BsonDocument("start_time", 1),
                        ["expireAfterSeconds"] = (long)retention.TotalSeconds,
                    },
                },
                cancellationToken: cancellationToken).ConfigureAwait(false);
        }
    }

    private static CreateIndexModel<BsonDocument> Index(string name, params (string Field, int Order)[] fields) => new(
        new BsonDocument(fields.Select(field => new BsonElement(field.Field, field.Order))),
        new CreateIndexOptions { Name = name });
}
