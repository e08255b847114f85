using Grpc.Core;

namespace Actions.Server.Tests.Servers;

/// <summary>A store that has stopped responding holds up no RPC for longer than Server:StoreTimeout.</summary>
public sealed class HungStoreTests
{
    // Server:StoreTimeout is half a second; the rest is for a busy machine. SQLite itself would wait a minute.
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryRpc_IsUnavailableInTime()
    {
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Server:StoreTimeout"] = "00:00:00.5",
            ["Storage:Sqlite:BusyTimeout"] = "00:01:00",
            ["Readiness:CheckInterval"] = "00:05:00",
        });
        var keys = new V1.ApiKeyService.ApiKeyServiceClient(server.Channel);
        var action = await server.CreateAsync(AnAction.Any());
        var validated = AnAction.Any();

        using (await HeldDatabase.HoldAsync(server.DatabasePath))
        {
            var options = new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + InTime, cancellationToken: Token);
            var refusals = await Task.WhenAll(
                Refusal.OfAsync(server.Configs.GetActionConfigAsync(new() { Id = action.Id }, options)),
                Refusal.OfAsync(server.Configs.ListActionConfigsAsync(new(), options)),
                Refusal.OfAsync(server.Configs.CreateActionConfigAsync(new() { ActionConfig = AnAction.Any() }, options)),
                Refusal.OfAsync(server.Configs.CreateActionConfigAsync(new() { ActionConfig = validated, ValidateOnly = true }, options)),
                Refusal.OfAsync(server.Configs.UpdateActionConfigAsync(new() { ActionConfig = new() { Id = action.Id } }, options)),
                Refusal.OfAsync(server.Configs.DeleteActionConfigAsync(new() { Id = action.Id }, options)),
                Refusal.OfAsync(server.Configs.InitializeAsync(new() { Id = action.Id }, options)),
                Refusal.OfAsync(server.Actions.Execute(new() { Id = action.Id }, options)),
                Refusal.OfAsync(keys.ListApiKeysAsync(new(), options)),
                Refusal.OfAsync(keys.CreateApiKeyAsync(new() { ApiKey = new() { Role = V1.Role.Engine } }, options)),
                Refusal.OfAsync(keys.RevokeApiKeyAsync(new() { Id = "0190163d8694739baea5966c26f8ad91" }, options)));

            foreach (var refusal in refusals)
            {
                refusal.ShouldBe(StatusCode.Unavailable, "ERROR_REASON_STORE_UNAVAILABLE");
                refusal.RetryDelay.ShouldBe(TimeSpan.FromSeconds(1));
            }
        }

        // A write that was given up while it waited isn't done later.
        await Eventually.TrueAsync(async () => (await server.GetAsync(action.Id)).Etag == action.Etag);
        (await server.Configs.ListActionConfigsAsync(new(), cancellationToken: Token)).ActionConfigs.ShouldHaveSingleItem();
    }
}
