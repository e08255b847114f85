namespace Actions.Storage.Tests;

/// <summary>The embedded engine keeps the contract of the history.</summary>
public class SqliteHistoryStoreTests : HistoryStoreContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override IReadOnlyDictionary<string, string?> Settings =>
        StoreHost.SqliteAt(_directory.File("actions.db"));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }
}
