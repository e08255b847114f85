namespace Actions.Storage.Tests.Mongo;

/// <summary>The engine for many servers keeps the contract.</summary>
public class MongoActionStoreTests : ActionStoreContract
{
    private readonly MongoPlace _place = new();

    protected override IReadOnlyDictionary<string, string?> Settings => _place.Settings;

    private protected override Task RequireOrderByBytesAsync() => _place.RequireOrderByBytesAsync();

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _place.DropAsync();
        GC.SuppressFinalize(this);
    }
}
