namespace Actions.Storage.Tests;

/// <summary>The embedded engine keeps the contract of calls.</summary>
public class SqliteCallStoreTests : CallStoreContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override IReadOnlyDictionary<string, string?> Settings =>
        StoreHost.SqliteAt(_directory.File("actions.db"));

    protected override void ReportSize(int calls)
    {
        var bytes = ((string[])["", "-wal"]).Sum(end => new FileInfo(_directory.File("actions-calls.db") + end).Length);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"{calls} calls with 2,000 bytes of content and two variables: {bytes / calls} bytes of file a call");
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
        GC.SuppressFinalize(this);
    }
}
