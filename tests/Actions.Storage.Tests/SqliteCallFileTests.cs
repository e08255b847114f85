using Actions.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Actions.Storage.Tests;

/// <summary>The file of calls, beside that of actions.</summary>
public sealed class SqliteCallFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _path;

    public SqliteCallFileTests() => _path = _directory.File("actions-calls.db");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EveryConnection_WritesAheadAndWaitsForNoDisk()
    {
        using var database = new SqliteDatabase(_path, TimeSpan.FromSeconds(7), SqliteCallSchema.Schema);
        await database.InitializeAsync(Stop);

        foreach (var (pragma, expected) in (IEnumerable<(string, object)>)
            [("journal_mode", "wal"), ("synchronous", 1L), ("busy_timeout", 7000L), ("foreign_keys", 1L)])
        {
            (await database.WriteAsync(Read, Stop)).ShouldBe(expected, pragma);
            (await database.ReadAsync(Read, Stop)).ShouldBe(expected, pragma);

            object? Read(SqliteConnection connection)
            {
                using var command = connection.Command($"PRAGMA {pragma}");
                return command.ExecuteScalar();
            }
        }
    }

    [Fact]
    public async Task DeletedMeanwhile_FailsTheCheckAndIsMadeAnewAtTheNextStart()
    {
        using (var host = await OpenAsync())
        {
            await host.Store.CheckAsync(Stop);
            File.Delete(_path);

            Message(await Should.ThrowAsync<StoreUnavailableException>(host.Store.CheckAsync(Stop)))
                .ShouldContain("is gone");
            await Should.ThrowAsync<StoreUnavailableException>(
                host.Calls.FindEndedAsync([new("workspace", "call")], Stop));
        }

        foreach (var end in (string[])["-wal", "-shm"])
            File.Delete(_path + end);
        using var next = await OpenAsync();
        await next.Store.CheckAsync(Stop);
    }

    [Fact]
    public async Task NothingToDoAfterARestart_IsNoError()
    {
        (await OpenAsync()).Dispose();
        using var host = await OpenAsync();

        (await host.Calls.PurgeAsync(DateTimeOffset.UnixEpoch, maxCallsPerWorkspace: 1, Stop)).ShouldBe(0);
        await host.Store.CheckAsync(Stop);
    }

    [Fact]
    public async Task LockedByAnotherProcess_FailsTheCheckAndThenIsWellAgain()
    {
        using var host = await OpenAsync();
        using (var other = new SqliteConnection($"Data Source={_path};Pooling=False"))
        {
            other.Open();
            other.Execute("BEGIN IMMEDIATE");

            Message(await Should.ThrowAsync<StoreUnavailableException>(host.Store.CheckAsync(Stop)))
                .ShouldContain("is locked by another process");
            other.Execute("ROLLBACK");
        }

        await host.Store.CheckAsync(Stop);
    }

    [Fact]
    public async Task FileThatIsNoDatabase_IsRefusedLeftAloneAndSaysThatItMayBeDeleted()
    {
        var text = string.Join('\n', Enumerable.Repeat("This is a diary, not a database.", 200));
        await File.WriteAllTextAsync(_path, text, Stop);
        using var host = new StoreHost(StoreHost.SqliteAt(_directory.File("actions.db")), TimeProvider.System);
        await host.Store.InitializeAsync(Stop);

        var message = Message(await Should.ThrowAsync<StoreUnavailableException>(host.Calls.InitializeAsync(Stop)));

        message.ShouldContain($"'{_path}' is not a SQLite database");
        message.ShouldContain("it may be deleted while no server runs");
        (await File.ReadAllTextAsync(_path, Stop)).ShouldBe(text);
    }

    [Fact]
    public async Task CommandThatUsesNoCalls_NeedsNoFileOfThem()
    {
        using var host = new StoreHost(StoreHost.SqliteAt(_directory.File("actions.db")), TimeProvider.System);
        await host.Store.InitializeAsync(Stop);

        await host.Store.CheckAsync(Stop);

        File.Exists(_path).ShouldBeFalse();
    }

    private static string Message(StoreUnavailableException error) => error.InnerException.ShouldNotBeNull().Message;

    private async Task<StoreHost> OpenAsync()
    {
        var host = new StoreHost(StoreHost.SqliteAt(_directory.File("actions.db"), "00:00:00.2"), TimeProvider.System);
        await host.Store.InitializeAsync(Stop);
        await host.Calls.InitializeAsync(Stop);
        return host;
    }
}
