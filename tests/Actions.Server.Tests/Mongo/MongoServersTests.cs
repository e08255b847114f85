using Actions.Server.Tests.Servers;

namespace Actions.Server.Tests.Mongo;

/// <summary>Servers that share one database.</summary>
public sealed class MongoServersTests : ServersContract
{
    private readonly MongoPlace _place = new();

    protected override IReadOnlyDictionary<string, string> Settings => _place.ServerSettings();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _place.DropAsync();
    }
}
