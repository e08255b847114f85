using Actions.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Actions.Storage.Tests;

/// <summary>The file itself: how it is made, kept, locked, damaged and refused.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private const string Workspace = "workspace";

    private readonly TemporaryDirectory _directory = new();
    private readonly string _path;

    public SqliteFileTests() => _path = _directory.File("actions.db");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EveryConnection_WritesAheadAndSyncsFully()
    {
        using var database = new SqliteDatabase(_path, TimeSpan.FromSeconds(7), SqliteActionSchema.Schema);
        await database.InitializeAsync(Stop);

        foreach (var (pragma, expected) in (IEnumerable<(string, object)>)
        [
            ("journal_mode", "wal"), ("synchronous", 2L), ("busy_timeout", 7000L), ("foreign_keys", 1L),
            ("encoding", "UTF-8"),
        ])
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
    public async Task MissingDirectory_IsCreatedForItsOwnerOnly()
    {
        var path = _directory.File("data/of/actions.db");

        using var host = await OpenAsync(path);
        await CreateAsync(host, "order");

        File.Exists(path).ShouldBeTrue();
        if (OperatingSystem.IsWindows())
            return;
        const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        foreach (var file in (string[])[path, path + "-wal", path + "-shm"])
            File.GetUnixFileMode(file).ShouldBe(OwnerOnly, file);
        File.GetUnixFileMode(_directory.File("data/of")).ShouldBe(OwnerOnly | UnixFileMode.UserExecute);
    }

    [Fact]
    public async Task Closed_LeavesOneFileOnly()
    {
        using (var host = await OpenAsync(_path))
            await CreateAsync(host, "order");

        File.Exists(_path + "-wal").ShouldBeFalse();
        using var reopened = await OpenAsync(_path);
        (await reopened.Store.FindByNameAsync(Workspace, "order", Stop)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Killed_KeepsEveryAcknowledgedAction()
    {
        var acknowledged = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            using var writer = EndlessWriter.Start(_path);
            for (var i = 0; i < 100; i++)
                acknowledged.Add((await writer.StandardOutput.ReadLineAsync(Stop)).ShouldNotBeNull());
            writer.Kill(); // SIGKILL, in the middle of whatever it does
            // What it had said before it died counts too; a last line without its end is half an id.
            var rest = await writer.StandardOutput.ReadToEndAsync(Stop);
            acknowledged.AddRange(rest.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(id => id.Length == 32));
            await writer.WaitForExitAsync(Stop);
            writer.ExitCode.ShouldNotBe(0);
        }

        using var host = await OpenAsync(_path);
        foreach (var id in acknowledged)
            (await host.Store.GetAsync(Workspace, id, Stop)).ShouldNotBeNull();
        acknowledged.Count.ShouldBeGreaterThanOrEqualTo(300);
    }

    [Fact]
    public async Task FileOfANewerVersion_IsRefused()
    {
        (await OpenAsync(_path)).Dispose();
        Run("PRAGMA user_version = 99");

        await RefusedAsync(_path, "has format 99, written by a newer release");
    }

    [Fact]
    public async Task DatabaseOfAnotherProgram_IsRefusedAndLeftAlone()
    {
        Run("CREATE TABLE songs (title TEXT)", SqliteOpenMode.ReadWriteCreate);

        await RefusedAsync(_path, "is the database of some other program");

        Run("SELECT title FROM songs");
        Should.Throw<SqliteException>(() => Run("SELECT 1 FROM actions"));
    }

    [Fact]
    public async Task FileThatIsNoDatabase_IsRefusedAndLeftAlone()
    {
        var text = string.Join('\n', Enumerable.Repeat("This is a diary, not a database.", 200));
        await File.WriteAllTextAsync(_path, text, Stop);

        await RefusedAsync(_path, "is not a SQLite database");

        (await File.ReadAllTextAsync(_path, Stop)).ShouldBe(text);
    }

    [Fact]
    public async Task FileInPlaceOfTheDirectory_IsRefused()
    {
        await File.WriteAllTextAsync(_directory.File("data"), "", Stop);

        await RefusedAsync(_directory.File("data/actions.db"), "can't be used");
    }

    [Fact]
    public async Task DirectoryInPlaceOfTheFile_IsRefused()
    {
        Directory.CreateDirectory(_path);

        await RefusedAsync(_path, "can't be");
    }

    [Fact]
    public async Task DirectoryThatCannotBeWritten_IsRefused()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root may write everywhere.");
        if (OperatingSystem.IsWindows())
            return;
        Directory.CreateDirectory(_directory.File("data"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        await RefusedAsync(_directory.File("data/actions.db"), "can't be used");
    }

    [Fact]
    public async Task LockedByAnotherProcess_IsUnavailableInBoundedTimeAndThenWellAgain()
    {
        using var host = await OpenAsync(_path, busyTimeout: "00:00:00.2");
        var stored = await CreateAsync(host, "order");
        using (var other = Connect(SqliteOpenMode.ReadWrite))
        {
            other.Execute("BEGIN IMMEDIATE");
            var started = TimeProvider.System.GetTimestamp();

            Message(await Should.ThrowAsync<StoreUnavailableException>(CreateAsync(host, "other")))
                .ShouldContain("is locked by another process");

            // 0.2 s of SQLite's waiting and up to a second of the driver's; the rest is for a busy machine.
            TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(10));
            (await host.Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBe(stored);
            await host.Store.CheckAsync(Stop);
            other.Execute("ROLLBACK");
        }

        await CreateAsync(host, "other");
    }

    [Fact]
    public async Task WritersInTheQueueOfALockedFile_AreToldInBoundedTimeToo()
    {
        using var host = await OpenAsync(_path, busyTimeout: "00:00:00.2");
        using var other = Connect(SqliteOpenMode.ReadWrite);
        other.Execute("BEGIN IMMEDIATE");
        var started = TimeProvider.System.GetTimestamp();

        var writers = Enumerable.Range(0, 50).Select(i => Task.Run(() => CreateAsync(host, $"order {i}"), Stop));
        await Task.WhenAll(writers.Select(writer => Should.ThrowAsync<StoreUnavailableException>(writer)));

        // One after the other they would take a minute.
        TimeProvider.System.GetElapsedTime(started).ShouldBeLessThan(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task DamagedMessage_IsUnavailableAndNothingElseThrows()
    {
        using var host = await OpenAsync(_path);
        var stored = await CreateAsync(host, "order");
        Run("UPDATE actions SET config = x'0AFF'");

        Message(await Should.ThrowAsync<StoreUnavailableException>(host.Store.GetAsync(Workspace, stored.Id, Stop)))
            .ShouldContain(_path);
    }

    [Fact]
    public async Task DamagedTable_IsUnavailableAndNothingElseThrows()
    {
        using var host = await OpenAsync(_path);
        var stored = await CreateAsync(host, "order");
        Run("DROP TABLE action_labels; DROP TABLE actions");

        await Should.ThrowAsync<StoreUnavailableException>(host.Store.CheckAsync(Stop));
        await Should.ThrowAsync<StoreUnavailableException>(CreateAsync(host, "other"));
        await Should.ThrowAsync<StoreUnavailableException>(host.Store.GetAsync(Workspace, stored.Id, Stop));
        await Should.ThrowAsync<StoreUnavailableException>(
            host.Store.ReplaceAsync(Workspace, stored, stored.Etag, Stop));
        await Should.ThrowAsync<StoreUnavailableException>(host.Store.DeleteAsync(Workspace, stored.Id, null, Stop));
        await Should.ThrowAsync<StoreUnavailableException>(
            host.Store.ListAsync(Workspace, new ActionQuery { Limit = 1 }, Stop));
    }

    [Fact]
    public async Task FileRemovedMeanwhile_FailsTheCheck()
    {
        using var host = await OpenAsync(_path);
        File.Delete(_path);

        Message(await Should.ThrowAsync<StoreUnavailableException>(host.Store.CheckAsync(Stop)))
            .ShouldContain("is gone");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task FileDeletedOrMovedMeanwhile_AcknowledgesNoWrite(bool moved)
    {
        using var host = await OpenAsync(_path);
        var stored = await CreateAsync(host, "order");
        if (moved)
            File.Move(_path, _directory.File("elsewhere.db"));
        else
            File.Delete(_path);

        Message(await Should.ThrowAsync<StoreUnavailableException>(CreateAsync(host, "lost"))).ShouldContain("is gone");
        await Should.ThrowAsync<StoreUnavailableException>(host.Store.GetAsync(Workspace, stored.Id, Stop));
        await Should.ThrowAsync<StoreUnavailableException>(host.Store.DeleteAsync(Workspace, stored.Id, null, Stop));
        File.Exists(_path).ShouldBeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PathWithALink_ServesAsTheFileDoes(bool relative)
    {
        var real = _directory.File("real.db");
        using (await OpenAsync(real))
        {
        }

        File.CreateSymbolicLink(_path, relative ? "real.db" : real);
        using var host = await OpenAsync(_path);

        await CreateAsync(host, "order");

        (await host.Store.FindByNameAsync(Workspace, "order", Stop)).ShouldNotBeNull();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WriteAheadLogDeletedMeanwhile_AcknowledgesNoWriteThatIsLost(bool replaced)
    {
        using var host = await OpenAsync(_path);
        await CreateAsync(host, "order");
        File.Delete(_path + "-wal");
        if (replaced)
            await File.WriteAllTextAsync(_path + "-wal", "", Stop);

        Message(await Should.ThrowAsync<StoreUnavailableException>(CreateAsync(host, "lost"))).ShouldContain("-wal");

        await CreateAsync(host, "kept");
        // What a new process would find if this one was killed now.
        foreach (var end in (string[])["", "-wal"])
            File.Copy(_path + end, _directory.File("found.db") + end);
        using var found = await OpenAsync(_directory.File("found.db"));
        (await found.Store.FindByNameAsync(Workspace, "kept", Stop)).ShouldNotBeNull();
    }

    [Fact]
    public async Task FilePutBack_ServesAgain()
    {
        using var host = await OpenAsync(_path);
        var stored = await CreateAsync(host, "order");
        MoveStore(_path, _directory.File("elsewhere.db"));
        await Should.ThrowAsync<StoreUnavailableException>(CreateAsync(host, "lost"));

        MoveStore(_directory.File("elsewhere.db"), _path);

        (await host.Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBe(stored);
        await CreateAsync(host, "kept");
        Run("SELECT 1 FROM actions WHERE name_key = 'kept'");
    }

    [Fact]
    public async Task AnotherStoreInItsPlace_IsTheOneThatIsReadAndWritten()
    {
        using (var other = await OpenAsync(_directory.File("other.db")))
            await CreateAsync(other, "restored");
        using var host = await OpenAsync(_path);
        await CreateAsync(host, "order");

        MoveStore(_path, _directory.File("elsewhere.db"));
        MoveStore(_directory.File("other.db"), _path);

        (await host.Store.FindByNameAsync(Workspace, "restored", Stop)).ShouldNotBeNull();
        (await host.Store.FindByNameAsync(Workspace, "order", Stop)).ShouldBeNull();
        await CreateAsync(host, "kept");
        host.Dispose();
        using var reopened = await OpenAsync(_path);
        (await reopened.Store.FindByNameAsync(Workspace, "kept", Stop)).ShouldNotBeNull();
    }

    [Fact]
    public async Task FileOfAnotherProgramInItsPlace_IsRefusedAndLeftAlone()
    {
        using var host = await OpenAsync(_path);
        await CreateAsync(host, "order");
        MoveStore(_path, _directory.File("elsewhere.db"));
        Run("CREATE TABLE songs (title TEXT)", SqliteOpenMode.ReadWriteCreate);

        await Should.ThrowAsync<StoreUnavailableException>(CreateAsync(host, "lost"));
        await Should.ThrowAsync<StoreUnavailableException>(host.Store.CheckAsync(Stop));

        Run("SELECT title FROM songs");
    }

    /// <summary>With what is written ahead, as an operator moves a store.</summary>
    private static void MoveStore(string from, string to)
    {
        foreach (var end in (string[])["", "-wal", "-shm"])
        {
            if (File.Exists(from + end))
                File.Move(from + end, to + end);
        }
    }

    [Fact]
    public async Task CallersMessage_HoldsNoDriversWords()
    {
        await File.WriteAllTextAsync(_path, new string('x', 5000), Stop);
        using var host = new StoreHost(StoreHost.SqliteAt(_path), TimeProvider.System);

        var error = await Should.ThrowAsync<StoreUnavailableException>(host.Store.InitializeAsync(Stop));

        error.Message.ShouldBe("The store of the actions can't be reached.");
        error.InnerException.ShouldNotBeNull().InnerException.ShouldBeOfType<SqliteException>();
    }

    private static async Task RefusedAsync(string path, string because)
    {
        using var host = new StoreHost(StoreHost.SqliteAt(path), TimeProvider.System);
        var message = Message(await Should.ThrowAsync<StoreUnavailableException>(host.Store.InitializeAsync(Stop)));
        message.ShouldContain($"'{path}'");
        message.ShouldContain(because);
    }

    /// <summary>What the log says; the caller is told less.</summary>
    private static string Message(StoreUnavailableException error) => error.InnerException.ShouldNotBeNull().Message;

    private static async Task<StoreHost> OpenAsync(string path, string busyTimeout = "00:00:30")
    {
        var host = new StoreHost(StoreHost.SqliteAt(path, busyTimeout), TimeProvider.System);
        await host.Store.InitializeAsync(Stop);
        return host;
    }

    private static Task<V1.ActionConfig> CreateAsync(StoreHost host, string name) =>
        host.Store.CreateAsync(Workspace, ActionStoreContract.NewAction(name), Stop);

    /// <summary>Another program at the same file.</summary>
    private SqliteConnection Connect(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = _path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private void Run(string sql, SqliteOpenMode mode = SqliteOpenMode.ReadWrite)
    {
        using var connection = Connect(mode);
        connection.Execute(sql);
    }
}
