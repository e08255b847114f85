using System.Diagnostics;
using Actions.Server.Lifecycle;
using Actions.Server.Tests.Secrets;
using Actions.V1;

namespace Actions.Server.Tests.Commands;

/// <summary>A store that moves: the command as a person types it, and a server on what it has made.</summary>
public sealed class CopyCommandTests : IDisposable
{
    private const int Many = 5_000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Source => Path.Combine(_folder.FullName, "source.db");

    private string Target => Path.Combine(_folder.FullName, "target.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task ServerOnTheCopy_ExecutesWithTheSecretsOfTheOriginal()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await SavedAsync(upstream.Url);

        var run = await CommandRun.OfAsync(["copy", "--from", $"sqlite:{Source}", "--to", $"sqlite:{Target}"]);

        run.ExitCode.ShouldBe(0, run.Errors);
        run.Output.ShouldBe(
            "Copied 2 records, 0 were there. Both stores hold the same: 1 actions, 0 API keys, 1 elements of the key ring.\n");
        run.Errors.ShouldContain("Verifying: 2 of 2");
        await using var server = await RunningServer.StartAsync(new() { ["Storage:Sqlite:Path"] = Target });
        (await server.GetAsync(action.Id)).ShouldBe(action);
        (await server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();
        (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("first");
    }

    [Fact]
    public async Task CommandKilledAndRunAgain_CopiesEverythingOnce()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await SavedAsync(upstream.Url);
        DatabaseFile.Run(
            Source,
            $"""
            WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {Many})
            INSERT INTO actions (workspace, id, name_key, etag, create_time, update_time, config)
            SELECT workspace, printf('%032d', n), 'copy ' || n, 'etag', create_time, update_time,
                   CAST(x'0a20' || CAST(printf('%032d', n) AS BLOB) || x'1208' || CAST('copy' || printf('%04d', n % 10000) AS BLOB) AS BLOB)
            FROM actions, number WHERE name_key NOT LIKE 'copy %'
            """).ShouldBe(Many);

        using (var command = Start())
        {
            for (var line = ""; !line.StartsWith("Copying", StringComparison.Ordinal);)
                line = (await command.StandardError.ReadLineAsync(Token)).ShouldNotBeNull();
            command.Kill(); // SIGKILL, in the middle of whatever it does
            await command.WaitForExitAsync(Token);
        }

        var run = await CommandRun.OfAsync(["copy", "--from", $"sqlite:{Source}", "--to", $"sqlite:{Target}"]);

        run.ExitCode.ShouldBe(0, run.Errors);
        run.Output.ShouldMatch($"^Copied [0-9]+ records, [1-9][0-9]+ were there. Both stores hold the same: {Many + 1} actions,");
        run.Errors.ShouldContain($"Comparing: {Many + 2:N0} of {Many + 2:N0}");
    }

    [Fact]
    public async Task TargetWithOtherActions_IsLeftAlone()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await SavedAsync(upstream.Url);
        ActionConfig other;
        await using (var server = await RunningServer.StartAsync(new() { ["Storage:Sqlite:Path"] = Target }))
            other = await server.CreateAsync(AnAction.Any());

        var run = await CommandRun.OfAsync(["copy", "--from", $"sqlite:{Source}", "--to", $"sqlite:{Target}"]);

        run.ExitCode.ShouldBe(1);
        run.Output.ShouldBeEmpty();
        run.Errors.ShouldContain("Nothing was copied: the target holds 1 records that the source doesn't have, and 0 that were changed there.");
        run.Errors.ShouldContain($"Action default/{other.Id}: only there");
    }

    [Theory]
    [InlineData("Option '--to' is required.", "--from", "sqlite")]
    [InlineData("--from must be sqlite:PATH, mongodb://HOST/DATABASE", "--from", "postgres://host/", "--to", "sqlite:x.db")]
    [InlineData("--from: there is no file '", "--from", "sqlite:no-such.db", "--to", "sqlite:x.db")]
    [InlineData("Storage:Sqlite:Path must name a file.", "--from", "sqlite:", "--to", "sqlite:x.db")]
    [InlineData("Unrecognized command or argument '--force'.", "--from", "sqlite", "--to", "sqlite", "--force", "1")]
    public async Task CommandThatCannotBeUnderstood_SaysWhatIsWrong(string error, params string[] args)
    {
        var run = await CommandRun.OfAsync(["copy", .. args]);

        run.ExitCode.ShouldBe(2);
        run.Errors.ShouldContain(error);
        run.Errors.ShouldEndWith("See copy --help.\n");
        run.Errors.Trim().ShouldNotContain("\n");
    }

    private async Task<ActionConfig> SavedAsync(string url)
    {
        await using var server = await RunningServer.StartAsync(new() { ["Storage:Sqlite:Path"] = Source });
        var action = AnAction.Calling(url);
        action.Authentication = Credential.ApiKey("first");
        return await server.CreateAsync(action);
    }

    private Process Start() => Process.Start(new ProcessStartInfo(
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
        [typeof(DrainOptions).Assembly.Location, "copy", "--from", $"sqlite:{Source}", "--to", $"sqlite:{Target}"])
    {
        WorkingDirectory = _folder.FullName,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
