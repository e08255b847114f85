using System.Diagnostics;
using Actions.Server.Lifecycle;
using Actions.V1;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Server.Tests.Secrets;

/// <summary>The key ring under a new key-encryption key: one command, as a process of its own.</summary>
public sealed class RewrapTests : IDisposable
{
    // Enough that a command can be killed among them.
    private const int Keys = 150;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(_folder.FullName, "actions.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task CommandKilledAndRunAgain_LeavesTheWholeRingUnderTheNewKey()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var old = TestKeys.Settings("key", _folder.FullName);
        var action = await SavedAsync(upstream.Url, old, Keys);
        var oldId = DatabaseFile.KeyRing(Database)[0].KeyId;
        var current = TestKeys.Settings("PEM", _folder.FullName);
        Dictionary<string, string> both = new(current.Concat(TestKeys.AsPrevious(old)));

        foreach (var progress in new[] { 5, 40 })
        {
            using var command = Start(both);
            for (var line = ""; line != $"{progress} of {Keys}";)
                line = (await command.StandardOutput.ReadLineAsync(Token)).ShouldNotBeNull();
            command.Kill(); // SIGKILL, in the middle of whatever it does
            await command.WaitForExitAsync(Token);
            DatabaseFile.KeyRing(Database).Count(element => element.KeyId != oldId).ShouldBeInRange(progress, Keys);
        }

        // Mixed as it is, the servers that know both keys read it.
        await ShouldExecuteAsync(action, upstream, both);
        var (exitCode, output, errors) = await RunAsync(both);

        exitCode.ShouldBe(0, errors);
        output.Where(line => line.Contains(" of ")).ShouldBe(Enumerable.Range(1, Keys).Select(i => $"{i} of {Keys}"));
        DatabaseFile.KeyRing(Database).Count.ShouldBe(Keys);
        DatabaseFile.KeyRing(Database).ShouldNotContain(element => element.KeyId == oldId);
        await ShouldExecuteAsync(action, upstream, current);
    }

    [Fact]
    public async Task RingInTheClear_IsEncryptedAndLeavesNoTraceInTheFile()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = await SavedAsync(upstream.Url, [], keys: 1);
        var xml = DatabaseFile.KeyRing(Database).ShouldHaveSingleItem().Content;
        var secret = xml[(xml.IndexOf("<value>", StringComparison.Ordinal) + 7)..xml.IndexOf("</value>", StringComparison.Ordinal)];
        (await File.ReadAllBytesAsync(Database, Token)).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(secret)).ShouldBeGreaterThan(0);
        var settings = TestKeys.Settings("key", _folder.FullName);

        var (exitCode, _, errors) = await RunAsync(settings);

        exitCode.ShouldBe(0, errors);
        foreach (var file in Directory.GetFiles(_folder.FullName, "actions.db*"))
            (await File.ReadAllBytesAsync(file, Token)).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(secret)).ShouldBe(-1, file);
        await ShouldExecuteAsync(action, upstream, settings);
    }

    [Fact]
    public async Task CommandThatCannotReadOrHasNoKey_ChangesNothingAndSaysWhy()
    {
        await using (await RunningServer.StartAsync(With(TestKeys.Settings("key", _folder.FullName))))
        {
        }

        var before = DatabaseFile.KeyRing(Database);
        foreach (var settings in new[] { [], TestKeys.Settings("key", _folder.FullName) })
        {
            var (exitCode, _, errors) = await RunAsync(settings);
            exitCode.ShouldBe(1);
            errors.ShouldStartWith("The key ring can't be encrypted anew: ");
            errors.ShouldContain("Secrets:KeyEncryptionKey");
        }

        DatabaseFile.KeyRing(Database).ShouldBe(before);
    }

    private async Task<ActionConfig> SavedAsync(string url, Dictionary<string, string> settings, int keys)
    {
        await using var server = await RunningServer.StartAsync(With(settings));
        var action = AnAction.Calling(url);
        action.Authentication = Credential.ApiKey("first");
        action = await server.CreateAsync(action);
        var manager = server.Services.GetRequiredService<IKeyManager>();
        var now = TimeProvider.System.GetUtcNow();
        for (var i = DatabaseFile.KeyRing(Database).Count; i < keys; i++)
            manager.CreateNewKey(now.AddDays(30), now.AddDays(60));
        return action;
    }

    private async Task ShouldExecuteAsync(ActionConfig action, RawUpstream upstream, Dictionary<string, string> settings)
    {
        await using var server = await RunningServer.StartAsync(With(settings));
        (await server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();
        (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("first");
    }

    private Dictionary<string, string> With(Dictionary<string, string> settings) =>
        new(settings) { ["Storage:Sqlite:Path"] = Database };

    private async Task<(int ExitCode, string[] Output, string Errors)> RunAsync(Dictionary<string, string> settings)
    {
        using var command = Start(settings);
        var output = command.StandardOutput.ReadToEndAsync(Token);
        var errors = await command.StandardError.ReadToEndAsync(Token);
        await command.WaitForExitAsync(Token);
        return (command.ExitCode, (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries), errors);
    }

    private Process Start(Dictionary<string, string> settings)
    {
        var start = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(DrainOptions).Assembly.Location, "secrets", "rewrap"])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in With(settings))
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        return Process.Start(start)!;
    }
}
