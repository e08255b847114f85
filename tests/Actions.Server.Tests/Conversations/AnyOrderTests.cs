using System.Globalization;
using Actions.Server.Tests.Servers;
using Actions.Testing.Fuzz;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Actions.Server.Tests.Conversations;

/// <summary>
/// Two servers on one store, with a clock that the test advances, and requests, interruptions, attaches, answers of the
/// API and outages of the store in any order. Servers that die are those of <see cref="KilledServersTests"/>.
/// </summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class AnyOrderTests
{
    private const int Steps = 60;
    private const int OrdersPerSeed = 6;

    private static readonly int Seeds = int.Parse(
        Environment.GetEnvironmentVariable("ACTIONS_CHAOS_SEEDS") ?? "6", NumberStyles.None,
        CultureInfo.InvariantCulture);

    private readonly FakeClock _clock = new();
    private readonly List<Listener> _listeners = [];
    private SqliteConnection? _outage;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnyOrderOfEvents_KeepsWhatIsPromised()
    {
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        try
        {
            var settings = new Dictionary<string, string>
            {
                ["Storage:Sqlite:Path"] = Path.Combine(folder.FullName, "actions.db"),
                ["Storage:Sqlite:BusyTimeout"] = "00:00:00.1",
            };
            await using var api = new PatientApi();
            await using var first = await RunningServer.StartAsync(settings, _clock);
            await using var second = await RunningServer.StartAsync(settings, _clock);
            var action = AnAction.Calling(api.Url);
            action.Request.Method = V1.HttpMethod.Post;
            action.Variables.Add(new Variable { Name = "order", Type = VariableType.Integer });
            action.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(2));
            var id = (await first.CreateAsync(action)).Id;
            for (var seed = 0; seed < Seeds; seed++)
            {
                _listeners.Clear();
                var run = new Simulation([first, second], api, id, seed);
                await RunAsync(run, Path.Combine(folder.FullName, "actions-calls.db"));
                await ShouldHaveKeptItsPromisesAsync(run);
                _listeners.ForEach(listener => listener.Dispose());
            }
        }
        finally
        {
            _outage?.Dispose();
            folder.Delete(recursive: true);
        }
    }

    private async Task RunAsync(Simulation run, string database)
    {
        var random = new SeededNumbers(run.Seed);
        for (var step = 0; step < Steps; step++)
        {
            switch (random.Next(12))
            {
                case < 4:
                    _listeners.Add(run.Execute(random.Pick(run.Servers), random.Next(OrdersPerSeed)));
                    break;
                case 4 or 5:
                    Open().ElementAtOrDefault(random.Next(4))?.Leave();
                    break;
                case 6 or 7:
                    if (_listeners.Where(listener => listener.ExecutionId.Length > 0).ToList() is { Count: > 0 } known)
                        _listeners.Add(Listener.Attach(random.Pick(run.Servers), random.Pick(known)));
                    break;
                case 8 or 9:
                    run.Api.Answer(random.Next, random.Pick(["200 OK", "200 OK", "500 Internal Server Error", ""]));
                    break;
                case 10 when run.HasOutages:
                    await SwitchStoreAsync(run, database);
                    break;
                default:
                    // A Result that the store hasn't got until its deadline may be executed again:
                    // no outage lasts so long.
                    await AdvanceAsync(random.Pick<int>(
                        _outage is null ? [20, 100, 300, 1_000, 2_500, 14_000] : [20, 100, 300]));
                    break;
            }

            // Nothing, or what it started: both orders happen.
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(15)), TimeProvider.System, Token);
        }

        if (_outage is not null)
            await SwitchStoreAsync(run, database);
        await SettleAsync(run, () => !Open().Any());
        await StoredAsync(run);
    }

    private async Task ShouldHaveKeptItsPromisesAsync(Simulation run)
    {
        var because = $"seed {run.Seed}";
        _listeners.Select(listener => listener.Complaint()).OfType<string>().ShouldBeEmpty(because);
        foreach (var order in Enumerable.Range(0, OrdersPerSeed).Select(run.NumberOf))
            run.Api.Keys[order].Distinct().Count().ShouldBeLessThanOrEqualTo(1, $"{because}: keys of order {order}");
        foreach (var results in Told().Where(listener => !listener.Last!.Result.Replayed)
            .GroupBy(listener => listener.Order))
        {
            results.Select(listener => listener.ExecutionId).Distinct().Count()
                .ShouldBe(1, $"{because}: executions of order {results.Key} with a Result of their own");
        }

        // On both servers it is what a repeat gets.
        foreach (var order in Told().Select(listener => listener.Order).Distinct())
        {
            var sent = run.Api.Keys[order].Count();
            foreach (var server in run.Servers)
            {
                var repeat = await RepeatAsync(run, server, order);
                repeat.Complaint().ShouldBeNull(because);
                repeat.Last!.Result.ShouldNotBeNull($"{because}: order {order} again: {repeat.Last}")
                    .Replayed.ShouldBeTrue(because);
            }

            run.Api.Keys[order].Count().ShouldBe(sent, $"{because}: order {order} was sent again");
        }
    }

    private async Task<Listener> RepeatAsync(Simulation run, RunningServer server, int order)
    {
        while (true)
        {
            using var repeat = run.Execute(server, order - run.NumberOf(0));
            await SettleAsync(run, () => repeat.Over.IsCompleted);
            // The clock may outrun a busy machine: the store then seems to take too long.
            if (repeat.Error is not StatusCode.Unavailable)
                return repeat;
        }
    }

    /// <summary>Answers all requests, and lets time pass.</summary>
    private Task SettleAsync(Simulation run, Func<bool> isSettled) => Eventually.TrueAsync(() =>
    {
        while (run.Api.Held > 0)
            run.Api.Answer(_ => 0, "200 OK");
        _clock.Advance(TimeSpan.FromMilliseconds(100));
        return Task.FromResult(isSettled());
    });

    private async Task SwitchStoreAsync(Simulation run, string database)
    {
        if (_outage is null)
        {
            _outage = await HeldDatabase.HoldAsync(database);
            return;
        }

        await _outage.DisposeAsync();
        _outage = null;
        await StoredAsync(run);
    }

    /// <summary>Returns when the store has each Result that was told:
    /// the server that hasn't executed it knows it.</summary>
    private async Task StoredAsync(Simulation run)
    {
        foreach (var order in Told().Select(listener => listener.Order).Distinct().ToList())
        {
            foreach (var server in run.Servers)
            {
                await Eventually.TrueAsync(async () =>
                {
                    _clock.Advance(TimeSpan.FromMilliseconds(50));
                    return await Simulation.IsKnownAsync(server, order);
                });
            }
        }
    }

    /// <summary>Not in one go: what is due meanwhile takes its time.</summary>
    private async Task AdvanceAsync(int milliseconds)
    {
        for (; milliseconds > 0; milliseconds -= 500)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(Math.Min(milliseconds, 500)));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Token);
        }
    }

    private IEnumerable<Listener> Told() => _listeners.Where(listener => listener.Last?.Result is not null);

    private IEnumerable<Listener> Open() => _listeners.Where(listener => !listener.Over.IsCompleted);

    private sealed record Simulation(IReadOnlyList<RunningServer> Servers, PatientApi Api, string ActionId, int Seed)
    {
        public bool HasOutages => Seed % 2 == 1;

        public int NumberOf(int order) => (Seed * OrdersPerSeed) + order;

        public Listener Execute(RunningServer server, int order)
        {
            var request = new ExecuteRequest { Id = ActionId, CallId = $"call {NumberOf(order)}" };
            request.Variables["order"] = Value.ForNumber(NumberOf(order));
            return Listener.Execute(server, request, NumberOf(order));
        }

        public static async Task<bool> IsKnownAsync(RunningServer server, int number)
        {
            try
            {
                var call = await server.Actions.GetCallAsync(
                    new() { CallId = $"call {number}" }, cancellationToken: Token);
                return call.Executions.Any(execution => execution.State == ExecutionState.Succeeded);
            }
            catch (RpcException)
            {
                return false;
            }
        }
    }
}
