using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>Stores the key ring in <c>key_ring</c>: <c>{ _id: name, content, key_encryption_key }</c>.</summary>
internal sealed class MongoKeyRingStore(MongoDatabase database) : IKeyRingStore
{
    public Task<IReadOnlyList<KeyRingElement>> ReadAllAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<KeyRingElement>>(
            async token =>
            {
                var elements = await database.KeyRing.Find(Builders<BsonDocument>.Filter.Empty)
                    .Sort(Builders<BsonDocument>.Sort.Ascending("_id"))
                    .ToListAsync(token).ConfigureAwait(false);
                return [.. elements.Select(ToElement)];
            },
            cancellationToken);

    public Task<bool> AddAsync(KeyRingElement element, CancellationToken cancellationToken) =>
        database.WriteAsync(
            async token =>
            {
                try
                {
                    await database.KeyRing.InsertOneAsync(ToDocument(element), options: null, token).ConfigureAwait(false);
                    return true;
                }
                catch (MongoWriteException e) when (e.IsDuplicateKey())
                {
                    return false;
                }
            },
            cancellationToken);

    public Task<bool> ReplaceAsync(
        KeyRingElement expected, KeyRingElement replacement, CancellationToken cancellationToken)
    {
        if (replacement.Name != expected.Name)
            throw new ArgumentException("Must have the name of the element that it replaces.", nameof(replacement));
        return database.WriteAsync(
            async token =>
            {
                var replaced = await database.KeyRing.ReplaceOneAsync(
                    // The filter compares the name and every field.
                    ToDocument(expected), ToDocument(replacement), new ReplaceOptions(), token).ConfigureAwait(false);
                return replaced.MatchedCount == 1;
            },
            cancellationToken);
    }

    internal static KeyRingElement ToElement(BsonDocument document) =>
        new(document["_id"].AsString, document["content"].AsString, document["key_encryption_key"].AsString);

    internal static BsonDocument ToDocument(KeyRingElement element) => new()
    {
        ["_id"] = element.Name,
        ["content"] = element.Content,
        ["key_encryption_key"] = element.KeyEncryptionKeyId,
    };
}
