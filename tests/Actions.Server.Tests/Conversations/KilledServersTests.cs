using System.Globalization;
using Actions.Server.Tests.Lifecycle;
using Actions.Server.Tests.Servers;
using Actions.Testing.Fuzz;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Conversations;

/// <summary>Servers on one store, killed at random while calls are executed.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class KilledServersTests
{
    private const int Kills = 4;

    // Of both cases together 1,000. `make soak` takes more.
    private static readonly int Calls = int.Parse(
        Environment.GetEnvironmentVariable("ACTIONS_CHAOS_CALLS") ?? "500", NumberStyles.None,
        CultureInfo.InvariantCulture);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task ServersThatAreKilled_SendNothingTwiceWithAnotherKeyNorAgainWhatIsStored(int count)
    {
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        var servers = new List<Member>();
        try
        {
            var database = Path.Combine(folder.FullName, "actions.db");
            var settings = new Dictionary<string, string> { ["Storage:Sqlite:Path"] = database };
            servers.Add(new Member(await ServerProcess.StartAsync(settings, Token)));
            while (servers.Count < count)
                servers.Add(new Member(await ServerProcess.StartAsync(settings, Token)));
            await using var api = new OrderApi();
            var orders = new PlacedOrders(servers, api, await CreateAsync(servers[0], api.Url), seed: count);

            var placing = orders.PlaceAsync(placed => placed >= Calls && servers.Sum(server => server.Downs) >= Kills);
            var random = new SeededNumbers(count);
            while (!placing.IsCompleted)
            {
                // At a moment that has nothing to do with what the servers do.
                await Task.WhenAny(placing,
                    Task.Delay(TimeSpan.FromMilliseconds(random.Next(300, 2_000)), TimeProvider.System, Token));
                if (!placing.IsCompleted && servers.Sum(server => server.Downs) < Math.Max(Kills, orders.Count / 100))
                    await RestartAsync(random.Pick(servers), settings);
            }

            await placing;
            // Nobody knows more than the store now.
            await Task.WhenAll(servers.Select(server => RestartAsync(server, settings)));
            await orders.RepeatAllAsync();
            orders.Judge();
            TestContext.Current.TestOutputHelper!.WriteLine(orders.Summary);
            orders.Failures.ShouldBeEmpty();
        }
        finally
        {
            foreach (var server in servers)
                await server.Process.DisposeAsync();
            folder.Delete(recursive: true);
        }
    }

    private static async Task RestartAsync(Member member, Dictionary<string, string> settings)
    {
        member.GoesDown();
        await member.Process.DisposeAsync();
        member.Process = await ServerProcess.StartAsync(settings, Token);
        member.IsUp();
    }

    private static async Task<string> CreateAsync(Member member, string url)
    {
        var action = AnAction.Calling(url);
        action.Request.Method = V1.HttpMethod.Post;
        action.Variables.Add(new Variable { Name = "order", Type = VariableType.Integer });
        // Short: what died with a server is waited for as long, and ten seconds more.
        action.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(3));
        return (await new V1.ActionConfigService.ActionConfigServiceClient(member.Process.Channel)
            .CreateActionConfigAsync(new() { ActionConfig = action }, cancellationToken: Token)).ActionConfig.Id;
    }
}
