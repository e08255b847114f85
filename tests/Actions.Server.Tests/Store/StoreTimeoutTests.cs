using Actions.V1;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Actions.Server.Tests.Store;

/// <summary>A store that hangs holds up no RPC longer than <c>Server:StoreTimeout</c>.</summary>
public sealed class StoreTimeoutTests
{
    // The store itself would wait for half a minute; the rest is for a busy machine.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EveryWrite_IsUnavailableInTimeAndSaysWhenToTryAgain()
    {
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Storage:Sqlite:BusyTimeout"] = "00:00:30",
            ["Server:StoreTimeout"] = "00:00:00.200",
            ["Access:AdminKey"] = new('k', 32),
        });
        var key = new Metadata { { "authorization", $"Bearer {new string('k', 32)}" } };
        var keys = new V1.ApiKeyService.ApiKeyServiceClient(server.Channel);
        var stored = (await server.Configs.CreateActionConfigAsync(
            new() { ActionConfig = AnAction.Any() }, key, cancellationToken: Token)).ActionConfig;
        var issued = (await keys.CreateApiKeyAsync(
            new() { ApiKey = new() { DisplayName = "engine", Role = Role.Engine } }, key, cancellationToken: Token)).ApiKey;
        using var other = new SqliteConnection($"Data Source={server.DatabasePath};Pooling=False");
        other.Open();
        using (var command = new SqliteCommand("BEGIN IMMEDIATE", other))
            command.ExecuteNonQuery();

        var began = TimeProvider.System.GetTimestamp();
        await ShouldBeUnavailableAsync(server.Configs.CreateActionConfigAsync(
            new() { ActionConfig = AnAction.Any() }, key, cancellationToken: Token));
        await ShouldBeUnavailableAsync(server.Configs.UpdateActionConfigAsync(
            new() { ActionConfig = new() { Id = stored.Id, Disabled = true } }, key, cancellationToken: Token));
        await ShouldBeUnavailableAsync(server.Configs.DeleteActionConfigAsync(
            new() { Id = stored.Id }, key, cancellationToken: Token));
        await ShouldBeUnavailableAsync(keys.CreateApiKeyAsync(
            new() { ApiKey = new() { DisplayName = "editor", Role = Role.Editor } }, key, cancellationToken: Token));
        await ShouldBeUnavailableAsync(keys.RevokeApiKeyAsync(new() { Id = issued.Id }, key, cancellationToken: Token));

        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Bound);
        (await server.Configs.GetActionConfigAsync(new() { Id = stored.Id }, key, cancellationToken: Token))
            .ActionConfig.ShouldBe(stored);
    }

    private static async Task ShouldBeUnavailableAsync<T>(AsyncUnaryCall<T> call)
    {
        var refusal = await Refusal.OfAsync(call);

        refusal.Code.ShouldBe(StatusCode.Unavailable);
        refusal.Reason.ShouldBe("ERROR_REASON_STORE_UNAVAILABLE");
        refusal.RetryDelay.ShouldNotBeNull();
    }
}
