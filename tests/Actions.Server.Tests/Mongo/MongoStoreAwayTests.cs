using Actions.Server.Tests.Servers;

namespace Actions.Server.Tests.Mongo;

/// <summary>A server whose database is out of reach, stands still, and returns.</summary>
public sealed class MongoStoreAwayTests : AwaitedStoreContract
{
    private readonly MongoPlace _place = new();
    private readonly MongoRelay _relay;

    public MongoStoreAwayTests() => _relay = new MongoRelay(_place.Uri);

    protected override IReadOnlyDictionary<string, string> Settings => _place.ServerSettings(_relay.Uri);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _relay.DisposeAsync();
        await _place.DropAsync();
    }

    protected override Task StopStoreAsync()
    {
        _relay.Cut();
        return Task.CompletedTask;
    }

    protected override Task StartStoreAsync()
    {
        _relay.Mend();
        return Task.CompletedTask;
    }

    protected override Task FreezeStoreAsync()
    {
        _relay.Freeze();
        return Task.CompletedTask;
    }

    protected override Task ResumeStoreAsync()
    {
        _relay.Mend();
        return Task.CompletedTask;
    }
}
