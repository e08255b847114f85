using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Testing.Mongo;

/// <summary>A database of a test's own on the server that <c>MONGODB_URI</c> names, dropped when the test is
/// over.</summary>
internal sealed class MongoPlace
{
    private readonly string _name = $"actions_test_{Guid.NewGuid():N}";

    /// <summary>Skips the test where there is no server to test with.</summary>
    public MongoPlace()
    {
        Uri = Environment.GetEnvironmentVariable("MONGODB_URI") ?? "";
        Assert.SkipWhen(Uri.Length == 0, "MONGODB_URI names no MongoDB server: make test MONGODB_URI=mongodb://...");
    }

    public string Uri { get; }

    public Dictionary<string, string?> Settings => new()
    {
        ["Storage:Provider"] = "mongodb",
        ["Storage:MongoDb:ConnectionString"] = Uri,
        ["Storage:MongoDb:Database"] = _name,
        // Fifty writers that race on a busy machine have no reason to hurry.
        ["Storage:MongoDb:OperationTimeout"] = "00:00:30",
    };

    /// <summary>As the server takes them, with the time-outs that it has by itself.</summary>
    /// <param name="uri">By which way. Null: the direct one.</param>
    public Dictionary<string, string> ServerSettings(string? uri = null) => new()
    {
        ["Storage:Provider"] = "mongodb",
        ["Storage:MongoDb:ConnectionString"] = uri ?? Uri,
        ["Storage:MongoDb:Database"] = _name,
    };

    public IMongoDatabase Open(MongoClient client) => client.GetDatabase(_name);

    /// <summary>Skips the test on servers that compare texts by UTF-16 units. MongoDB compares them by their UTF-8
    /// bytes.</summary>
    public async Task RequireOrderByBytesAsync()
    {
        using var client = new MongoClient(Uri);
        var collection = Open(client).GetCollection<BsonDocument>("order");
        await collection.InsertManyAsync(
            ((string[])["\uFF5E", "\U00010428"]).Select(text => new BsonDocument("_id", text)), cancellationToken: CancellationToken.None);
        var first = await collection.Find(FilterDefinition<BsonDocument>.Empty).SortBy(document => document["_id"]).FirstAsync(CancellationToken.None);
        Assert.SkipUnless(first["_id"] == "\uFF5E", "This server orders texts by UTF-16 units, which MongoDB doesn't: it is a stand-in.");
    }

    public async ValueTask DropAsync()
    {
        using var client = new MongoClient(Uri);
        await client.DropDatabaseAsync(_name, CancellationToken.None);
    }
}
