using Actions.Server.Tests.Lifecycle;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Servers;

/// <summary>
/// What several servers on one store promise, whatever the engine. An engine's class says where a store of its own
/// lies.
/// </summary>
[Collection(nameof(AloneOnTheMachine))]
public abstract class ServersContract : IAsyncLifetime
{
    // What is promised is 10 s, and 1 s where the store tells of changes. Twice that, for a machine that is busy.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly List<ServerProcess> _servers = [];

    /// <summary>The settings of a place of this test's own, the same at each call. Keys with colons.</summary>
    protected abstract IReadOnlyDictionary<string, string> Settings { get; }

    /// <summary>Whether nobody can write while a server stands still in the middle of a write.</summary>
    protected virtual bool WriterThatStandsStillHoldsTheStore => false;

    private protected static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task ChangeOnOneServer_IsSeenByTheOthersInTime()
    {
        await using var upstream = RawUpstream.Answering(request => RawUpstream.Response(request.Target, "text/plain"));
        var servers = await StartAsync(3);
        var configs = new V1.ActionConfigService.ActionConfigServiceClient(servers[0].Channel);
        var (changed, deleted, disabled) = (await CreateAsync(), await CreateAsync(), await CreateAsync());
        foreach (var server in servers)
            foreach (var action in new[] { changed, deleted, disabled })
                (await CalledAsync(server, action)).ShouldBe("/old");

        await configs.UpdateActionConfigAsync(
            new() { ActionConfig = new() { Id = changed.Id, Request = new() { Url = $"{upstream.Url}/new" } }, UpdateMask = new() { Paths = { "request.url" } } },
            cancellationToken: Token);
        await configs.DeleteActionConfigAsync(new() { Id = deleted.Id }, cancellationToken: Token);
        await configs.UpdateActionConfigAsync(
            new() { ActionConfig = new() { Id = disabled.Id, Disabled = true }, UpdateMask = new() { Paths = { "disabled" } } },
            cancellationToken: Token);

        foreach (var (what, action, expected) in new[]
        {
            ("change", changed, "/new"), ("deletion", deleted, "ERROR_REASON_ACTION_NOT_FOUND"), ("disabling", disabled, "ERROR_REASON_ACTION_DISABLED"),
        })
        {
            var taken = await Task.WhenAll(servers.Select(server => Eventually.TrueAsync(async () => await CalledAsync(server, action) == expected, Limit)));
            Print($"{what}: seen after {string.Join(", ", taken.Select(time => $"{time.TotalSeconds:0.00} s"))} more");
            // And it stays so.
            foreach (var server in servers)
                (await CalledAsync(server, action)).ShouldBe(expected);
        }

        async Task<ActionConfig> CreateAsync() => (await configs.CreateActionConfigAsync(
            new() { ActionConfig = AnAction.Calling($"{upstream.Url}/old") }, cancellationToken: Token)).ActionConfig;
    }

    [Fact]
    public async Task KeyRevokedOnOneServer_IsRefusedByTheOthersInTime()
    {
        var servers = await StartAsync(2);
        var admin = await MakeKeyAsync(servers[0], null, Role.Admin);
        var editor = await MakeKeyAsync(servers[0], admin.Key, Role.Editor);
        var configs = new V1.ActionConfigService.ActionConfigServiceClient(servers[1].Channel);
        await configs.ListActionConfigsAsync(new(), Bearer(editor.Key), cancellationToken: Token);

        await new V1.ApiKeyService.ApiKeyServiceClient(servers[0].Channel).RevokeApiKeyAsync(
            new() { Id = editor.ApiKey.Id }, Bearer(admin.Key), cancellationToken: Token);

        var taken = await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    await configs.ListActionConfigsAsync(new(), Bearer(editor.Key), cancellationToken: Token);
                    return false;
                }
                catch (RpcException e)
                {
                    return e.StatusCode == StatusCode.Unauthenticated;
                }
            },
            Limit);
        Print($"revocation: seen after {taken.TotalSeconds:0.00} s");
    }

    [Fact]
    public async Task ServerThatIsKilledOrFrozen_TakesNobodyElseWithIt()
    {
        await using var upstream = RawUpstream.Answering(request => RawUpstream.Response(request.Target, "text/plain"));
        var servers = (await StartAsync(3)).Select(server => new Member(server)).ToList();
        await using var load = await Load.StartAsync(servers, upstream.Url, Token);
        var (first, second, third) = (servers[0], servers[1], servers[2]);
        await load.GoesOnAsync(servers);

        // The one that is written to, so that a write may be cut off.
        first.GoesDown();
        await first.Process.KillAsync();
        await load.GoesOnAsync([second, third]);
        first.Process = (await StartAsync(1)).Single();
        first.IsUp();
        await load.GoesOnAsync(servers);

        second.GoesDown();
        if (WriterThatStandsStillHoldsTheStore)
            await load.BetweenWritesAsync(second.Process.Freeze);
        else
            second.Process.Freeze();
        await load.GoesOnAsync([first, third], atLeast: TimeSpan.FromSeconds(3));
        second.Process.Resume();
        second.IsUp();
        await load.GoesOnAsync(servers);

        await load.StopAsync();
        Print(load.Summary);
        load.Failures.ShouldBeEmpty();
        await load.ShouldHaveLostNothingAsync(Limit);
    }

    private static async Task<string> CalledAsync(ServerProcess server, ActionConfig action) =>
        await Outcome.OfAsync(new V1.ActionService.ActionServiceClient(server.Channel), new() { Id = action.Id }, Token);

    private static async Task<CreateApiKeyResponse> MakeKeyAsync(ServerProcess server, string? key, Role role) =>
        await new V1.ApiKeyService.ApiKeyServiceClient(server.Channel).CreateApiKeyAsync(
            new() { ApiKey = new() { Role = role } }, key is null ? [] : Bearer(key), cancellationToken: Token);

    private static Metadata Bearer(string key) => new() { { "authorization", $"Bearer {key}" } };

    private static void Print(string text) => TestContext.Current.TestOutputHelper!.WriteLine(text);

    private async Task<IReadOnlyList<ServerProcess>> StartAsync(int count)
    {
        var started = await Task.WhenAll(Enumerable.Range(0, count).Select(_ => ServerProcess.StartAsync(new(Settings), Token)));
        _servers.AddRange(started);
        return started;
    }
}
