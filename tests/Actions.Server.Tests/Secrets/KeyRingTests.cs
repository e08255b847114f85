using Actions.Engine.Tests;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Secrets;

public sealed class KeyRingTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string KeysPath => Path.Combine(_folder.FullName, "keys");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task KeyRing_IsForItsOwnerOnlyAndSpokenOfOnce()
    {
        await using var server = await StartAsync();
        await server.CreateAsync(Secured("https://api.example.com/"));

        var key = Directory.GetFiles(KeysPath).ShouldHaveSingleItem();
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(KeysPath).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.GetUnixFileMode(key).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        server.Log.Where(line => line.Contains("key", StringComparison.OrdinalIgnoreCase)).ShouldHaveSingleItem().ShouldContain(KeysPath);
    }

    [Fact]
    public async Task RestartedServer_ReadsItsSecrets()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        ActionConfig action;
        await using (var server = await StartAsync())
            action = await server.CreateAsync(Secured(upstream.Url));

        await using var restarted = await StartAsync();
        await restarted.ExecuteAsync(new() { Name = action.Name });

        (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("first");
        restarted.Log.ShouldNotContain(line => line.Contains("key", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task LostKeyRing_RefusesWhatNeedsTheSecretAndNothingElse()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        ActionConfig action;
        await using (var server = await StartAsync())
            action = await server.CreateAsync(Secured(upstream.Url));
        Directory.Delete(KeysPath, recursive: true);

        await using var restarted = await StartAsync();
        var draft = action.Clone();
        ShouldBeUnreadable(action, await Refusal.OfAsync(restarted.Actions.Execute(new() { Id = action.Id }, cancellationToken: Token)));
        ShouldBeUnreadable(action, await Refusal.OfAsync(restarted.Actions.Execute(new() { Name = action.Name }, cancellationToken: Token)));
        ShouldBeUnreadable(action, await Refusal.OfAsync(restarted.Configs.InitializeAsync(new() { Id = action.Id }, cancellationToken: Token)));
        ShouldBeUnreadable(action, await Refusal.OfAsync(restarted.Configs.InitializeAsync(new() { Draft = draft }, cancellationToken: Token)));
        ShouldBeUnreadable(action, await Refusal.OfAsync(restarted.UpdateAsync(new() { Id = action.Id, Description = "Newer." })));
        upstream.Requests.ShouldBeEmpty();

        (await restarted.GetAsync(action.Id)).ShouldBe(action);
        (await restarted.Configs.ListActionConfigsAsync(new(), cancellationToken: Token)).ActionConfigs.ShouldHaveSingleItem().ShouldBe(action);
        await restarted.UpdateAsync(new() { Id = action.Id, Authentication = Credential.ApiKey("second") });
        await restarted.ExecuteAsync(new() { Id = action.Id });
        (await upstream.NextRequestAsync(Token)).Header("X-Key").ShouldBe("second");
    }

    [Fact]
    public async Task LostKeyRing_CanBeRidOfByRemovingTheAuthentication()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        ActionConfig action;
        await using (var server = await StartAsync())
            action = await server.CreateAsync(Secured(upstream.Url));
        Directory.Delete(KeysPath, recursive: true);

        await using var restarted = await StartAsync();
        await restarted.UpdateAsync(new() { Id = action.Id }, "authentication");

        (await restarted.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();
        (await restarted.Configs.DeleteActionConfigAsync(new() { Id = action.Id }, cancellationToken: Token)).ShouldNotBeNull();
    }

    [Fact]
    public async Task KeyRingThatCannotBe_RefusesSecretsAndNothingElse()
    {
        await File.WriteAllTextAsync(KeysPath, "no directory", Token);
        await using var server = await StartAsync();

        var refusal = await Refusal.OfAsync(server.CreateAsync(Secured("https://api.example.com/")));

        (refusal.Code, refusal.Reason).ShouldBe((StatusCode.Internal, "ERROR_REASON_INTERNAL"));
        refusal.Text.ShouldNotContain(_folder.FullName);
        server.Log.ShouldContain(line => line.Contains(refusal.Metadata["error_id"]) && line.Contains(KeysPath));
        (await server.CreateAsync(AnAction.Any())).Id.ShouldNotBeEmpty();
        (await server.Configs.ListActionConfigsAsync(new(), cancellationToken: Token)).ActionConfigs.ShouldHaveSingleItem();
    }

    private static void ShouldBeUnreadable(ActionConfig action, Refusal refusal) => refusal.ShouldBe(
        StatusCode.FailedPrecondition,
        "ERROR_REASON_SECRET_UNREADABLE",
        ("id", action.Id),
        ("field", "authentication.api_key.value"));

    private static ActionConfig Secured(string url)
    {
        var action = AnAction.Calling(url);
        action.Authentication = Credential.ApiKey("first");
        return action;
    }

    private Task<RunningServer> StartAsync() =>
        RunningServer.StartAsync(new() { ["Storage:Sqlite:Path"] = Path.Combine(_folder.FullName, "actions.db") });
}
