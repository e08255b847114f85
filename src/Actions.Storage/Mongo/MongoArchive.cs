using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>Reads and writes all records of the database.</summary>
internal sealed class MongoArchive(MongoDatabase database) : IStoreArchive
{
    private static readonly FilterDefinitionBuilder<BsonDocument> Where = Builders<BsonDocument>.Filter;

    public Task<long> CountAsync(StoreRecordKind kind, CancellationToken cancellationToken) =>
        database.ReadAsync(
            token => CollectionOf(kind).CountDocumentsAsync(Where.Empty, options: null, token), cancellationToken);

    public Task<IReadOnlyList<StoreRecord>> ReadAsync(
        StoreRecordKind kind, StoreRecord? after, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoreRecord>>(
            async token =>
            {
                var page = await CollectionOf(kind).Find(after is null ? Where.Empty : Where.Gt("_id", IdOf(after)))
                    .Sort(Builders<BsonDocument>.Sort.Ascending("_id"))
                    .Limit(limit)
                    .ToListAsync(token).ConfigureAwait(false);
                return [.. page.Select(document => ToRecord(kind, document))];
            },
            cancellationToken);

    public Task PutAsync(IReadOnlyCollection<StoreRecord> records, CancellationToken cancellationToken)
    {
        if (records.Count == 0)
            return Task.CompletedTask;
        return database.WriteAsync(
            async token =>
            {
                var writes = records.Select(record => new ReplaceOneModel<BsonDocument>(KeyOf(record), ToDocument(record)) { IsUpsert = true });
                try
                {
                    await CollectionOf(records.First().Kind).BulkWriteAsync(writes, options: null, token).ConfigureAwait(false);
                    return true;
                }
                catch (MongoBulkWriteException<BsonDocument> e)
                    when (e.WriteErrors is [{ Category: ServerErrorCategory.DuplicateKey, Index: var index }, ..])
                {
                    throw new NameTakenException(records.ElementAt(index) is ActionRecord { Config.Name: var name } ? name : "");
                }
            },
            cancellationToken);
    }

    private IMongoCollection<BsonDocument> CollectionOf(StoreRecordKind kind) => kind switch
    {
        StoreRecordKind.KeyRing => database.KeyRing,
        StoreRecordKind.ApiKey => database.ApiKeys,
        _ => database.Actions,
    };

    private static BsonValue IdOf(StoreRecord record) =>
        record is ActionRecord action ? MongoKey.Of(action.Workspace, action.Config.Id) : record.Key;

    // Includes the shard key: an upsert goes to one shard.
    private static FilterDefinition<BsonDocument> KeyOf(StoreRecord record) =>
        record is ActionRecord action ? Where.Eq("workspace", action.Workspace) & Where.Eq("_id", IdOf(record)) : Where.Eq("_id", IdOf(record));

    private static BsonDocument ToDocument(StoreRecord record) => record switch
    {
        KeyRingRecord { Element: var element } => MongoKeyRingStore.ToDocument(element),
        ApiKeyRecord { Stored: var stored } => MongoApiKeyStore.ToDocument(stored),
        ActionRecord action => MongoActionStore.ToDocument(action.Workspace, action.Config, revision: 1),
        _ => throw new ArgumentException($"A record of the kind {record.Kind} can't be stored.", nameof(record)),
    };

    private static StoreRecord ToRecord(StoreRecordKind kind, BsonDocument document) => kind switch
    {
        StoreRecordKind.KeyRing => new KeyRingRecord(MongoKeyRingStore.ToElement(document)),
        StoreRecordKind.ApiKey => new ApiKeyRecord(MongoApiKeyStore.ToStored(document)),
        _ => new ActionRecord(document["workspace"].AsString, MongoActionStore.ToAction(document)),
    };
}
