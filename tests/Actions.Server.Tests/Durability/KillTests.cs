using System.Collections.Concurrent;
using Actions.Server.Tests.Lifecycle;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Durability;

public sealed class KillTests
{
    private const string Created = "created";
    private const string Updated = "updated";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ServerKilledWhileItWrites_HasAllThatItAcknowledged()
    {
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        try
        {
            var settings = new Dictionary<string, string> { ["Storage:Sqlite:Path"] = Path.Combine(folder.FullName, "actions.db") };
            var acknowledged = new ConcurrentDictionary<string, ActionConfig?>();
            for (var round = 1; round <= 2; round++)
                await WriteUntilKilledAsync(settings, acknowledged, atLeast: 150 * round);

            await using var server = await ServerProcess.StartAsync(settings, Token);
            var configs = new V1.ActionConfigService.ActionConfigServiceClient(server.Channel);
            foreach (var (id, expected) in acknowledged)
            {
                if (expected is null)
                {
                    (await Refusal.OfAsync(configs.GetActionConfigAsync(new() { Id = id }, cancellationToken: Token)))
                        .Reason.ShouldBe("ERROR_REASON_ACTION_NOT_FOUND");
                }
                else
                {
                    var stored = (await configs.GetActionConfigAsync(new() { Id = id }, cancellationToken: Token)).ActionConfig;
                    stored.Name.ShouldBe(expected.Name);
                    // The update may have reached the file though nobody was told.
                    stored.Description.ShouldBeOneOf(expected.Description, Updated);
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <param name="settings">Of the server.</param>
    /// <param name="acknowledged">What the server said is stored, by id; null: deleted.</param>
    /// <param name="atLeast">So many are there before the server dies.</param>
    private static async Task WriteUntilKilledAsync(
        Dictionary<string, string> settings, ConcurrentDictionary<string, ActionConfig?> acknowledged, int atLeast)
    {
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var server = await ServerProcess.StartAsync(settings, Token);
        // A connection of their own: the server's own channel is closed before it is killed.
        using var channel = server.Connect();
        var configs = new V1.ActionConfigService.ActionConfigServiceClient(channel);
        var writers = Enumerable.Range(0, 4).Select(_ => WriteAsync()).ToList();
        try
        {
            await await Task.WhenAny([enough.Task, .. writers]);
        }
        finally
        {
            // SIGKILL, in the middle of whatever it does.
            await server.DisposeAsync();
        }

        foreach (var writer in writers)
            await Should.ThrowAsync<RpcException>(writer);

        async Task WriteAsync()
        {
            for (var i = 0; ; i++)
            {
                var action = AnAction.Any();
                action.Description = Created;
                var stored = (await configs.CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: Token)).ActionConfig;
                acknowledged[stored.Id] = stored;
                var change = new ActionConfig { Id = stored.Id, Description = Updated };
                acknowledged[stored.Id] =
                    (await configs.UpdateActionConfigAsync(new() { ActionConfig = change }, cancellationToken: Token)).ActionConfig;
                if (i % 3 == 0)
                {
                    // In doubt until it is acknowledged.
                    acknowledged.TryRemove(stored.Id, out _);
                    await configs.DeleteActionConfigAsync(new() { Id = stored.Id }, cancellationToken: Token);
                    acknowledged[stored.Id] = null;
                }

                if (acknowledged.Count >= atLeast)
                    enough.TrySetResult();
            }
        }
    }
}
