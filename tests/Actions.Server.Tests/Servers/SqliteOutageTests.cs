namespace Actions.Server.Tests.Servers;

public sealed class SqliteOutageTests : StoreOutageContract
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");

    protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Storage:Sqlite:Path"] = Database,
        ["Readiness:CheckInterval"] = "00:00:01",
    };

    private string Database => Path.Combine(_folder.FullName, "actions.db");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    protected override Task StopStoreAsync()
    {
        File.Move(Database, Database + ".away");
        return Task.CompletedTask;
    }

    protected override Task StartStoreAsync()
    {
        File.Move(Database + ".away", Database);
        return Task.CompletedTask;
    }
}
