namespace Actions.Storage.Tests.Mongo;

/// <summary>The engine for many servers keeps the contract of the history.</summary>
public class MongoHistoryStoreTests : HistoryStoreContract
{
    private readonly MongoPlace _place = new();

    protected override IReadOnlyDictionary<string, string?> Settings => _place.Settings;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _place.DropAsync();
        GC.SuppressFinalize(this);
    }
}
