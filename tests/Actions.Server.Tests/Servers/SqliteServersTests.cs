namespace Actions.Server.Tests.Servers;

public sealed class SqliteServersTests : ServersContract
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");

    protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string>
    {
        ["Storage:Sqlite:Path"] = Path.Combine(_folder.FullName, "actions.db"),
    };

    // The file's lock is its process's, until that goes on or ends.
    protected override bool WriterThatStandsStillHoldsTheStore => true;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
