using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>Creates all indexes. Each begins with the shard key, except the one that deletes expired calls.</summary>
internal static class MongoIndexes
{
    /// <summary>Idempotent: the server ignores an index that exists already.</summary>
    public static async Task CreateAsync(MongoDatabase database, CancellationToken cancellationToken)
    {
        await database.Actions.Indexes.CreateManyAsync(
            [
                // Makes names unique, also under concurrent writes, and sorts lists.
                Index("by_name", unique: true, "workspace", "name_key"),
                Index("by_label", unique: false, "workspace", "labels", "name_key"),
            ],
            cancellationToken).ConfigureAwait(false);
        await database.ApiKeys.Indexes.CreateManyAsync(
            [Index("by_workspace", unique: false, "workspace", "_id")], cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="CreateAsync" />
    public static Task CreateForCallsAsync(MongoDatabase database, CancellationToken cancellationToken) =>
        database.Calls.Indexes.CreateManyAsync(
            [
                Index("by_execution", unique: false, "workspace", "ids"),
                Index("by_use", unique: false, "workspace", MongoCallDocument.Expires),
                // The server deletes what has expired, also when no server of ours runs.
                new CreateIndexModel<BsonDocument>(
                    new BsonDocument(MongoCallDocument.Expires, 1),
                    new CreateIndexOptions { Name = "by_expiry", ExpireAfter = TimeSpan.Zero }),
            ],
            cancellationToken);

    private static CreateIndexModel<BsonDocument> Index(string name, bool unique, params string[] fields) => new(
        new BsonDocument(fields.Select(field => new BsonElement(field, 1))),
        new CreateIndexOptions { Name = name, Unique = unique });
}
