using System.Globalization;
using System.Text;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Mongo;

/// <summary>
/// The engine for many servers: one document for each action in <c>action_configs</c>, so that all invariants of an
/// action are within one document.
/// </summary>
/// <remarks>
/// <code>
/// { _id: { workspace, id }, workspace, id, name_key, revision, etag, create_time, update_time,
///   labels: [ { name, value } ], config: { …JSON form… }, config_binary, sample: { …JSON form… }, sample_binary }
/// </code>
/// Every filter contains the workspace. It is the shard key, so that a query goes to one shard.
/// </remarks>
internal sealed class MongoActionStore(MongoDatabase database, MongoChanges changes, TimeProvider clock) : IActionStore
{
    private const string Config = "config";
    private const string Sample = "sample";

    private static readonly FilterDefinitionBuilder<BsonDocument> Where = Builders<BsonDocument>.Filter;
    private static readonly ProjectionDefinition<BsonDocument> WithoutSample =
        Builders<BsonDocument>.Projection.Exclude(MessageDocument.Fields(Sample)[0]).Exclude(MessageDocument.Fields(Sample)[1]);
    private static readonly ProjectionDefinition<BsonDocument> BinaryOnly =
        Builders<BsonDocument>.Projection.Include(MessageDocument.Fields(Config)[1]);
    private static readonly ProjectionDefinition<BsonDocument> SizeOnly = new BsonDocument
    {
        ["etag"] = 1,
        ["size"] = new BsonDocument(
            "$binarySize", new BsonDocument("$ifNull", new BsonArray { $"${MessageDocument.Fields(Config)[1]}", "" })),
    };

    private static readonly ProjectionDefinition<BsonDocument> EtagOnly = Builders<BsonDocument>.Projection.Include("etag");

    public Task InitializeAsync(CancellationToken cancellationToken) =>
        database.PrepareAsync(token => MongoIndexes.CreateAsync(database, token), cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => database.ReadAsync(
        async token =>
        {
            await database.PingAsync(token).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    public Task<ActionConfig> CreateAsync(string workspace, ActionConfig config, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(config.Id);
        var stored = config.Clone();
        return database.WriteAsync(
            async token =>
            {
                stored.Etag = Etag.New();
                stored.CreateTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow());
                stored.UpdateTime = stored.CreateTime.Clone();
                try
                {
                    await database.Actions.InsertOneAsync(ToDocument(workspace, stored, revision: 1), options: null, token)
                        .ConfigureAwait(false);
                    return stored;
                }
                catch (MongoWriteException e) when (e.IsDuplicateKey())
                {
                    throw await FindAsync(Key(workspace, stored.Id), EtagOnly, token).ConfigureAwait(false) is null
                        ? new NameTakenException(stored.Name)
                        : new IdTakenException(stored.Id);
                }
            },
            cancellationToken);
    }

    public Task<ActionConfig?> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        ReadOneAsync(Key(workspace, id), cancellationToken);

    public Task<ActionConfig?> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken) =>
        ReadOneAsync(Where.Eq("workspace", workspace) & Where.Eq("name_key", ActionName.Key(name)), cancellationToken);

    public Task<IReadOnlyList<ActionConfig>> ListAsync(string workspace, ActionQuery query, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        return database.ReadAsync<IReadOnlyList<ActionConfig>>(
            async token =>
            {
                // The driver reads batches of up to 16 MB: how many actions fit is found out by their sizes.
                var sizes = await Listed(workspace, query, query.Limit)
                    .Project(SizeOnly).ToListAsync(token).ConfigureAwait(false);
                var (count, bytes) = (0, 0L);
                while (count < sizes.Count && bytes <= query.MaxBytes)
                    bytes += sizes[count++]["size"].ToInt64();
                if (count == 0)
                    return [];
                var page = await Listed(workspace, query, count)
                    .Project(BinaryOnly).ToListAsync(token).ConfigureAwait(false);
                return [.. page.Select(ToAction)];
            },
            cancellationToken);
    }

    public Task<ActionConfig> ReplaceAsync(
        string workspace, ActionConfig config, string expectedEtag, CancellationToken cancellationToken)
    {
        var stored = config.Clone();
        var key = Key(workspace, stored.Id);
        return database.WriteAsync(
            async token =>
            {
                var before = await FindAsync(key, WithoutSample, token).ConfigureAwait(false);
                if (before is null || before["etag"].AsString != expectedEtag)
                    throw NotFoundOrMismatch(before, stored.Id);
                var old = ToAction(before);
                stored.Etag = Etag.New();
                stored.CreateTime = old.CreateTime;
                // The update time never goes backwards, even if the clock was set back.
                stored.UpdateTime = Timestamp.FromDateTimeOffset(clock.GetUtcNow());
                if (stored.UpdateTime < old.UpdateTime)
                    stored.UpdateTime = old.UpdateTime;
                try
                {
                    // A concurrent write has changed the etag, and etags are never used twice.
                    var replaced = await database.Actions.ReplaceOneAsync(
                        key & Where.Eq("etag", expectedEtag),
                        ToDocument(workspace, stored, before["revision"].ToInt64() + 1),
                        new ReplaceOptions(),
                        token).ConfigureAwait(false);
                    if (replaced.MatchedCount == 1)
                        return stored;
                }
                catch (MongoWriteException e) when (e.IsDuplicateKey())
                {
                    throw new NameTakenException(stored.Name);
                }

                throw NotFoundOrMismatch(await FindAsync(key, EtagOnly, token).ConfigureAwait(false), stored.Id);
            },
            cancellationToken);
    }

    public Task DeleteAsync(string workspace, string id, string? expectedEtag, CancellationToken cancellationToken)
    {
        var key = Key(workspace, id);
        return database.WriteAsync(
            async token =>
            {
                var deleted = await database.Actions.DeleteOneAsync(
                    expectedEtag is null ? key : key & Where.Eq("etag", expectedEtag), token).ConfigureAwait(false);
                return deleted.DeletedCount == 1
                    ? true
                    : throw NotFoundOrMismatch(await FindAsync(key, EtagOnly, token).ConfigureAwait(false), id);
            },
            cancellationToken);
    }

    public Task<IReadOnlyDictionary<ActionKey, string>> ReadEtagsAsync(
        IReadOnlyCollection<ActionKey> actions, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<ActionKey, string>>(
            async token =>
            {
                var documents = await database.Actions
                    .Find(Where.In("workspace", actions.Select(action => action.Workspace).Distinct())
                        & Where.In("_id", actions.Select(action => MongoKey.Of(action.Workspace, action.Id))))
                    .Project(EtagOnly)
                    .ToListAsync(token).ConfigureAwait(false);
                return documents.ToDictionary(
                    document => MongoKey.Read(document["_id"])!.Value, document => document["etag"].AsString);
            },
            cancellationToken);

    public IAsyncEnumerable<ActionChanges> WatchAsync(CancellationToken cancellationToken) =>
        changes.WatchAsync(cancellationToken);

    private Task<ActionConfig?> ReadOneAsync(FilterDefinition<BsonDocument> filter, CancellationToken cancellationToken) =>
        database.ReadAsync(
            async token => await database.Actions.Find(filter).FirstOrDefaultAsync(token).ConfigureAwait(false) is { } document
                ? ToAction(document)
                : null,
            cancellationToken);

    private async Task<BsonDocument?> FindAsync(
        FilterDefinition<BsonDocument> filter, ProjectionDefinition<BsonDocument> fields, CancellationToken cancellationToken) =>
        await database.Actions.Find(filter).Project(fields).FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);

    private static FilterDefinition<BsonDocument> Key(string workspace, string id) =>
        Where.Eq("workspace", workspace) & Where.Eq("_id", MongoKey.Of(workspace, id));

    private IFindFluent<BsonDocument, BsonDocument> Listed(string workspace, ActionQuery query, int limit) =>
        database.Actions.Find(ListFilter(workspace, query))
            .Sort(Builders<BsonDocument>.Sort.Ascending("name_key"))
            .Limit(limit);

    private static FilterDefinition<BsonDocument> ListFilter(string workspace, ActionQuery query)
    {
        // Strings are compared by their UTF-8 bytes: a collection without a collation does so.
        var filter = Where.Eq("workspace", workspace);
        if (query.AfterName is not null)
            filter &= Where.Gt("name_key", ActionName.Key(query.AfterName));
        if (query.NamePrefix.Length > 0)
        {
            var prefix = ActionName.Key(query.NamePrefix);
            filter &= Where.Gte("name_key", prefix);
            if (FirstAfterPrefix(prefix) is { } end)
                filter &= Where.Lt("name_key", end);
        }

        if (query.Labels.Count > 0)
            filter &= Where.All("labels", query.Labels.Select(label => ToDocument(label.Key, label.Value)));
        return filter;
    }

    /// <summary>The smallest text after every text with the prefix; null: there is none.</summary>
    private static string? FirstAfterPrefix(string prefix)
    {
        var runes = prefix.EnumerateRunes().ToList();
        while (runes.Count > 0 && runes[^1].Value == 0x10FFFF)
            runes.RemoveAt(runes.Count - 1);
        if (runes.Count == 0)
            return null;
        // The code points between are surrogates, not characters.
        runes[^1] = new Rune(runes[^1].Value == 0xD7FF ? 0xE000 : runes[^1].Value + 1);
        return string.Concat(runes);
    }

    internal static BsonDocument ToDocument(string workspace, ActionConfig stored, long revision)
    {
        var config = stored.Clone();
        config.Sample = null;
        var document = new BsonDocument
        {
            ["_id"] = MongoKey.Of(workspace, stored.Id),
            ["workspace"] = workspace,
            ["id"] = stored.Id,
            ["name_key"] = ActionName.Key(stored.Name),
            ["revision"] = revision,
            ["etag"] = stored.Etag,
            ["create_time"] = stored.CreateTime.ToDateTime(),
            ["update_time"] = stored.UpdateTime.ToDateTime(),
            ["labels"] = new BsonArray(stored.Labels.Select(label => ToDocument(label.Key, label.Value))),
        };
        MessageDocument.Put(document, Config, config);
        if (stored.Sample is not null)
            MessageDocument.Put(document, Sample, stored.Sample);
        return document;
    }

    private static BsonDocument ToDocument(string name, string value) => new() { ["name"] = name, ["value"] = value };

    internal static ActionConfig ToAction(BsonDocument document)
    {
        var config = MessageDocument.Get<ActionConfig>(document, Config)
            ?? throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"The document {document["_id"]} has no config."));
        config.Sample = MessageDocument.Get<Sample>(document, Sample);
        return config;
    }

    private static StoreException NotFoundOrMismatch(BsonDocument? found, string id) =>
        found is null ? new ActionNotFoundException(id) : new EtagMismatchException(id, found["etag"].AsString);
}
