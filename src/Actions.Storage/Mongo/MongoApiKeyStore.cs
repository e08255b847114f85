using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>
/// Stores the API keys in <c>api_keys</c>: <c>{ _id, workspace, sha256, revoke_time, api_key, api_key_binary }</c>.
/// </summary>
internal sealed class MongoApiKeyStore(MongoDatabase database, TimeProvider clock) : IApiKeyStore
{
    private const string ApiKey = "api_key";
    private const string RevokeTime = "revoke_time";

    private static readonly FilterDefinitionBuilder<BsonDocument> Where = Builders<BsonDocument>.Filter;

    public Task AddAsync(StoredApiKey key, CancellationToken cancellationToken)
    {
        var document = ToDocument(key);
        return database.WriteAsync(
            async token =>
            {
                await database.ApiKeys.InsertOneAsync(document, options: null, token).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    public async Task<StoredApiKey?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await FindAsync([id], cancellationToken).ConfigureAwait(false)).SingleOrDefault();

    public Task<IReadOnlyList<StoredApiKey>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredApiKey>>(
            async token =>
            {
                var found = await database.ApiKeys.Find(Where.In("_id", ids)).ToListAsync(token).ConfigureAwait(false);
                return [.. found.Select(ToStored)];
            },
            cancellationToken);

    public Task<IReadOnlyList<CallerKey>> ListAsync(
        string workspace, string afterId, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<CallerKey>>(
            async token =>
            {
                var page = await database.ApiKeys.Find(Where.Eq("workspace", workspace) & Where.Gt("_id", afterId))
                    .Sort(Builders<BsonDocument>.Sort.Ascending("_id"))
                    .Limit(limit)
                    .ToListAsync(token).ConfigureAwait(false);
                return [.. page.Select(ToKey)];
            },
            cancellationToken);

    public Task<CallerKey> RevokeAsync(string workspace, string id, CancellationToken cancellationToken)
    {
        var key = Where.Eq("_id", id) & Where.Eq("workspace", workspace);
        var now = ToText(Timestamp.FromDateTimeOffset(clock.GetUtcNow()));
        return database.WriteAsync(
            async token =>
            {
                // The first revocation sets the time; later ones keep it.
                await database.ApiKeys.UpdateOneAsync(
                    key & Where.Eq(RevokeTime, BsonNull.Value),
                    Builders<BsonDocument>.Update.Set(RevokeTime, now),
                    cancellationToken: token).ConfigureAwait(false);
                return await database.ApiKeys.Find(key).FirstOrDefaultAsync(token).ConfigureAwait(false) is { } document
                    ? ToKey(document)
                    : throw new ApiKeyNotFoundException(id);
            },
            cancellationToken);
    }

    public Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(
            token => database.ApiKeys.Find(Where.Empty).Limit(1).AnyAsync(token), cancellationToken);

    internal static BsonDocument ToDocument(StoredApiKey key)
    {
        var message = key.Key.Clone();
        message.RevokeTime = null;
        var document = new BsonDocument
        {
            ["_id"] = message.Id,
            ["workspace"] = key.Workspace,
            ["sha256"] = new BsonBinaryData(key.Sha256.ToArray()),
            [RevokeTime] = key.Key.RevokeTime is { } time ? (BsonValue)ToText(time) : BsonNull.Value,
        };
        MessageDocument.Put(document, ApiKey, message);
        return document;
    }

    internal static StoredApiKey ToStored(BsonDocument document) =>
        new(document["workspace"].AsString, ToKey(document), document["sha256"].AsByteArray);

    // RFC 3339, as in the JSON form of messages: BSON dates have only milliseconds.
    private static string ToText(Timestamp time) => JsonFormatter.ToDiagnosticString(time).Trim('"');

    private static CallerKey ToKey(BsonDocument document)
    {
        var key = MessageDocument.Get<CallerKey>(document, ApiKey)
            ?? throw new InvalidDataException($"The API key {document["_id"]} has no message.");
        key.RevokeTime = document.TryGetValue(RevokeTime, out var time) && time.IsString
            ? JsonParser.Default.Parse<Timestamp>($"\"{time.AsString}\"")
            : null;
        return key;
    }
}
