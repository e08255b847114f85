using Actions.Server.Tests.Servers;

namespace Actions.Server.Tests.Mongo;

/// <summary>A server while its replica set has no primary, and then another one.</summary>
public sealed class MongoElectionTests : StoreOutageContract
{
    private readonly MongoPlace _place = new();
    private readonly MongoReplicaSet _set;

    public MongoElectionTests() => _set = new MongoReplicaSet(_place.Uri);

    protected override IReadOnlyDictionary<string, string> Settings => _place.ServerSettings(_set.Uri);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _set.DisposeAsync();
        await _place.DropAsync();
    }

    protected override Task StopStoreAsync()
    {
        _set.StepDown();
        return Task.CompletedTask;
    }

    protected override Task StartStoreAsync()
    {
        _set.Elect(1);
        return Task.CompletedTask;
    }
}
