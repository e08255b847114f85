using System.Collections.Concurrent;
using Actions.Server.Tests.Lifecycle;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Durability;

public sealed class KillTests
{
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
                    // One more change may have reached the file, though nobody was told.
                    stored.Name.ShouldBe(expected.Name);
                    int.Parse(stored.Description).ShouldBeInRange(int.Parse(expected.Description), int.Parse(expected.Description) + 1);
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
        List<Task> writers;
        await using (var server = await ServerProcess.StartAsync(settings, Token))
        {
            // A connection of their own: the server's own channel is closed before it is killed.
            using var channel = server.Connect();
            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var configs = new V1.ActionConfigService.ActionConfigServiceClient(channel);
            writers = [.. Enumerable.Range(0, 4).Select(writer => WriteAsync(writer))];
            await await Task.WhenAny([enough.Task, .. writers]);
            // SIGKILL, in the middle of whatever it does.
            await server.DisposeAsync();
            foreach (var writer in writers)
                (await Should.ThrowAsync<RpcException>(writer)).StatusCode.ShouldBeOneOf(StatusCode.Unavailable, StatusCode.Internal);

            async Task WriteAsync(int writer)
            {
                for (var i = 0; ; i++)
                {
                    var action = AnAction.Any();
                    action.Description = "0";
                    var stored = (await configs.CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: Token)).ActionConfig;
                    acknowledged[stored.Id] = stored;
                    var change = new ActionConfig { Id = stored.Id, Description = "1" };
                    acknowledged[stored.Id] =
                        (await configs.UpdateActionConfigAsync(new() { ActionConfig = change }, cancellationToken: Token)).ActionConfig;
                    if (acknowledged.Count >= atLeast)
                        enough.TrySetResult();
                }
            }
        }
    }
}
