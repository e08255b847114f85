using MongoDB.Bson;

namespace Actions.Testing.Mongo;

/// <summary>
/// One server that looks like a replica set of two, whose primary a test chooses. The members say in their greetings
/// what they are
/// (https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md),
/// and one that isn't the primary refuses commands.
/// </summary>
internal sealed class MongoReplicaSet : IAsyncDisposable
{
    private const string Name = "rs0";

    private readonly MongoRelay[] _members;
    private volatile MongoRelay? _primary;
    private int _term;

    public MongoReplicaSet(string uri)
    {
        _members = [new MongoRelay(uri, greet: Greet), new MongoRelay(uri, greet: Greet)];
        Elect(0);
    }

    public string Uri => $"mongodb://{_members[0].Credentials}{string.Join(',', _members.Select(member => member.Host))}/?replicaSet={Name}";

    /// <summary>There is no primary from now on.</summary>
    public void StepDown()
    {
        _primary = null;
        foreach (var member in _members)
            member.Elect();
    }

    /// <summary>The primary from now on.</summary>
    public void Elect(int member)
    {
        StepDown();
        Interlocked.Increment(ref _term);
        _primary = _members[member];
        _members[member].Mend();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var member in _members)
            await member.DisposeAsync();
    }

    private void Greet(MongoRelay member, BsonDocument greeting)
    {
        var primary = _primary;
        greeting["ismaster"] = greeting["isWritablePrimary"] = member == primary;
        greeting["secondary"] = member != primary;
        greeting["setName"] = Name;
        greeting["setVersion"] = 1;
        greeting["hosts"] = new BsonArray(_members.Select(each => each.Host));
        greeting["me"] = member.Host;
        greeting["logicalSessionTimeoutMinutes"] = 30;
        // What a real set says of its own state and time would contradict the rest.
        foreach (var name in (string[])["topologyVersion", "lastWrite", "$clusterTime", "operationTime", "passives", "arbiters", "primary", "electionId"])
            greeting.Remove(name);
        if (primary is not null)
            greeting["primary"] = primary.Host;
        if (member == primary)
            greeting["electionId"] = new ObjectId($"{Volatile.Read(ref _term):x24}");
    }
}
