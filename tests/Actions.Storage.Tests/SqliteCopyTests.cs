namespace Actions.Storage.Tests;

/// <summary>From one file to another.</summary>
public sealed class SqliteCopyTests : StoreCopyContract
{
    private readonly TemporaryDirectory _directory = new();

    protected override IReadOnlyDictionary<string, string?> Source => StoreHost.SqliteAt(_directory.File("source.db"));

    protected override IReadOnlyDictionary<string, string?> Target => StoreHost.SqliteAt(_directory.File("target.db"));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }
}
