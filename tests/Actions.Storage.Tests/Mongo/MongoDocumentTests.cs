using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Tests.Mongo;

/// <summary>What people and tools find in the database.</summary>
public sealed class MongoDocumentTests : IAsyncLifetime
{
    private readonly MongoPlace _place = new();
    private readonly SettableClock _clock = new(new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.Zero));
    private readonly MongoClient _client;
    private readonly StoreHost _host;

    public MongoDocumentTests()
    {
        _client = new MongoClient(_place.Uri);
        _host = new StoreHost(_place.Settings, _clock);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IMongoCollection<BsonDocument> Documents =>
        _place.Open(_client).GetCollection<BsonDocument>("action_configs");

    public async ValueTask InitializeAsync() => await _host.Store.InitializeAsync(Stop);

    public async ValueTask DisposeAsync()
    {
        _host.Dispose();
        _client.Dispose();
        await _place.DropAsync();
    }

    [Fact]
    public async Task StoredAction_IsFoundAndReadByPeople()
    {
        var action = ActionStoreContract.NewAction("Check Order");
        action.Labels["team"] = "support";
        action.Variables.Add(new Variable { Name = "order_id", DefaultValue = Value.ForNumber(7) });
        var stored = await _host.Store.CreateAsync("acme", action, Stop);

        var document = await Documents.Find(BsonDocument.Parse("""{ workspace: "acme", "config.name": "Check Order" }""")).SingleAsync(Stop);

        document["id"].ShouldBe(stored.Id);
        document["_id"].ShouldBe(new BsonDocument { ["workspace"] = "acme", ["id"] = stored.Id });
        document["name_key"].ShouldBe("check order");
        document["revision"].ShouldBe(1L);
        document["etag"].ShouldBe(stored.Etag);
        document["create_time"].ToUniversalTime().ShouldBe(_clock.Now.UtcDateTime);
        document["update_time"].ToUniversalTime().ShouldBe(_clock.Now.UtcDateTime);
        document["labels"].ShouldBe(new BsonArray { new BsonDocument { ["name"] = "team", ["value"] = "support" } });
        document["config"]["request"]["method"].ShouldBe("HTTP_METHOD_GET");
        document["config"]["variables"][0]["defaultValue"].ShouldBe(7);
        document["config"]["createTime"].ShouldBe("2024-02-29T12:00:00Z");

        await _host.Store.ReplaceAsync("acme", stored, stored.Etag, Stop);
        (await Documents.Find(Builders<BsonDocument>.Filter.Empty).SingleAsync(Stop))["revision"].ShouldBe(2L);
    }

    [Theory]
    [InlineData("""{"$date": "2024-02-29T12:00:00Z"}""")]
    [InlineData("""{"$ref": "x", "$id": 1}""")]
    [InlineData("""{"a.b": 1, "$": {"$set": [null, {"$numberLong": "1"}]}}""")]
    [InlineData("""[1, 1.5, 1e300, -5e-324, 12345678901, 9007199254740993, true, false, null, "é\u0000"]""")]
    public async Task WhateverIsInAMessage_ComesBack(string json)
    {
        var action = ActionStoreContract.NewAction("order");
        action.Variables.Add(new Variable { Name = "value", DefaultValue = Value.Parser.ParseJson(json) });
        action.Sample = new Sample { StatusCode = 200, ContentType = "application/json", Body = ByteString.CopyFromUtf8(json) };
        var stored = await _host.Store.CreateAsync("acme", action, Stop);

        (await _host.Store.GetAsync("acme", stored.Id, Stop)).ShouldBe(stored);
    }

    [Fact]
    public async Task MessageWithoutAJsonForm_IsStoredAllTheSame()
    {
        var action = ActionStoreContract.NewAction("order");
        action.Request.Timeout = new Duration { Seconds = long.MaxValue };
        action.Variables.Add(new Variable { DefaultValue = Value.ForStruct(new Struct { Fields = { [""] = Value.ForNull() } }) });

        var stored = await _host.Store.CreateAsync("acme", action, Stop);

        (await _host.Store.GetAsync("acme", stored.Id, Stop))!.ToByteArray().ShouldBe(stored.ToByteArray());
    }

    [Fact]
    public async Task DamagedDocument_IsAStoreThatCannotBeUsed()
    {
        await Documents.InsertOneAsync(
            BsonDocument.Parse("""{ _id: { workspace: "acme", id: "1" }, workspace: "acme", id: "1", name_key: "a", etag: "1", config_binary: 7 }"""),
            cancellationToken: Stop);

        await Should.ThrowAsync<StoreUnavailableException>(() => _host.Store.GetAsync("acme", "1", Stop));
        await Should.ThrowAsync<StoreUnavailableException>(() => _host.Store.ListAsync("acme", new ActionQuery { Limit = 1 }, Stop));
        // It says nothing about the others.
        await _host.Store.CreateAsync("other", ActionStoreContract.NewAction("order"), Stop);
    }

    [Fact]
    public async Task Indexes_AreThereByName()
    {
        await _host.Store.InitializeAsync(Stop);

        var indexes = await (await Documents.Indexes.ListAsync(Stop)).ToListAsync(Stop);

        indexes.ToDictionary(index => index["name"].AsString, index => index["key"].ToJson()).ShouldBe(
            new Dictionary<string, string>
            {
                ["_id_"] = """{ "_id" : 1 }""",
                ["by_name"] = """{ "workspace" : 1, "name_key" : 1 }""",
                ["by_label"] = """{ "workspace" : 1, "labels" : 1, "name_key" : 1 }""",
            },
            ignoreOrder: true);
        indexes.Single(index => index["name"] == "by_name")["unique"].ToBoolean().ShouldBeTrue();
    }
}
