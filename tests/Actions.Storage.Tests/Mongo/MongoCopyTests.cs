namespace Actions.Storage.Tests.Mongo;

/// <summary>From the file to the database that many servers share.</summary>
public sealed class SqliteToMongoCopyTests : StoreCopyContract
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MongoPlace _place = new();

    protected override IReadOnlyDictionary<string, string?> Source => StoreHost.SqliteAt(_directory.File("source.db"));

    protected override IReadOnlyDictionary<string, string?> Target => _place.Settings;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _place.DropAsync();
        _directory.Dispose();
    }
}

/// <summary>And back.</summary>
public sealed class MongoToSqliteCopyTests : StoreCopyContract
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MongoPlace _place = new();

    protected override IReadOnlyDictionary<string, string?> Source => _place.Settings;

    protected override IReadOnlyDictionary<string, string?> Target => StoreHost.SqliteAt(_directory.File("target.db"));

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _place.DropAsync();
        _directory.Dispose();
    }
}
