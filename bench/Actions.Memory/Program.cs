using System.Globalization;
using Actions.Allocations;
using Actions.Engine;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using Actions.V1;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Actions.Memory;

/// <summary>
/// The memory that configured actions take: of all in the store, and of those that are called. A server is started
/// anew on the filled store, because what filled it left its own traces.
/// </summary>
internal static class Program
{
    private const string InMemory = "/dev/shm";

    // Each caller has one call in flight.
    private const int Callers = 32;

    private static async Task Main(string[] args)
    {
        var (actions, hot) = (Number(args[0]), Number(args[1]));
        // In memory where there is such a folder: each of the writes waits for the disk, and none of it is measured.
        var folder = Directory.Exists(InMemory)
            ? Directory.CreateDirectory(Path.Combine(InMemory, $"actions-bench-{Environment.ProcessId}"))
            : Directory.CreateTempSubdirectory("actions-bench-");
        try
        {
            var filled = Path.Combine(folder.FullName, "filled.db");
            var empty = Path.Combine(folder.FullName, "empty.db");
            await using var api = await StandInApi.StartAsync();
            await FillAsync(filled, api.Address, actions);
            var plan = PlanBytes(api.Address, hot);

            Console.WriteLine($"{"",-34}{"managed",12}{"resident",12}   MiB, after a collection");
            var without = await ReadAsync(empty, api.Address, actions: 0, hot: 1);
            Print("one action, which is hot", without);
            var cold = await ReadAsync(filled, api.Address, actions, hot: 1);
            Print($"{actions} actions, one of them hot", cold);
            var warm = await ReadAsync(filled, api.Address, actions, hot);
            Print($"{actions} actions, {hot} of them hot", warm);

            Console.WriteLine();
            Console.WriteLine($"{"",-34}{"managed",12}{"resident",12}   bytes");
            PrintEach("each configured action", cold, without, actions);
            PrintEach("each hot action", warm, cold, hot);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"its plan",-34}{plan,12:0}"));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{"beyond the plan",-34}{((double)(warm.Heap - cold.Heap) / hot) - plan,12:0}"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static Task<MeteredServer> StartAsync(string store) => MeteredServer.StartAsync(ServerCommand.Actions(new(ServerCommand.Unlimited)
    {
        ["Storage__Sqlite__Path"] = store,
        // The machine may be busy.
        ["Server__StoreTimeout"] = "00:01:00",
    }));

    private static async Task FillAsync(string store, Uri api, int actions)
    {
        await using var server = await StartAsync(store);
        using var channel = GrpcChannel.ForAddress(server.Address);
        var configs = new ActionConfigService.ActionConfigServiceClient(channel);
        var began = TimeProvider.System.GetTimestamp();
        await ForEachAsync(actions, async number => await configs.CreateActionConfigAsync(
            new CreateActionConfigRequest { ActionConfig = ToAction(api, number) }));
        var took = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine($"{actions} actions created in {took:0} s, {new FileInfo(store).Length >> 20} MiB");
    }

    /// <summary>What the server holds, after each of the hot actions was called twice.</summary>
    private static async Task<Reading> ReadAsync(string store, Uri api, int actions, int hot)
    {
        await using var server = await StartAsync(store);
        using var channel = GrpcChannel.ForAddress(server.Address);
        if (actions == 0)
            await new ActionConfigService.ActionConfigServiceClient(channel).CreateActionConfigAsync(
                new CreateActionConfigRequest { ActionConfig = ToAction(api, 0) });
        var service = new ActionService.ActionServiceClient(channel);
        // As many calls of the first action as of all hot ones, so that the code and the connections are the same.
        for (var round = 0; round < 2; round++)
            await ForEachAsync(10_000, number => ExecuteAsync(service, number % hot));
        await server.ReadAsync(collect: true);
        return await server.ReadAsync(collect: true);
    }

    /// <summary>A plan's size in this process.</summary>
    private static double PlanBytes(Uri api, int count)
    {
        var guard = new SsrfGuard(
            new OutboundOptions { AllowedNetworks = "loopback" }, static () => [], TimeProvider.System);
        var compiler = new ActionCompiler(new EngineOptions(), guard);
        var plans = new ActionPlan[count];
        // The first one makes what all share.
        Compile(0);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < count; i++)
            Compile(i);
        var after = GC.GetTotalMemory(forceFullCollection: true);
        GC.KeepAlive(plans);
        return (double)(after - before) / count;

        // From bytes, as from the store: a plan keeps texts of its message, and shares none.
        void Compile(int number) => plans[number] = compiler.CompileStored(
            ActionConfig.Parser.ParseFrom(ToAction(api, number).ToByteArray()), "action_config");
    }

    private static ActionConfig ToAction(Uri api, int number)
    {
        var action = Rich.ToAction(api);
        action.Name = Name(number);
        action.Description = $"The action number {number} of a workspace that has many.";
        return action;
    }

    private static async Task ExecuteAsync(ActionService.ActionServiceClient service, int number)
    {
        var request = Rich.ToRequest();
        request.Name = Name(number);
        using var call = service.Execute(request);
        ExecuteResponse? last = null;
        await foreach (var message in call.ResponseStream.ReadAllAsync())
            last = message;
        if (last?.Event.Result is null)
            throw new InvalidOperationException($"{request.Name} ended in {last}.");
    }

    private static async Task ForEachAsync(int count, Func<int, Task> run) =>
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = Callers },
            async (number, _) => await run(number));

    private static Scenario Rich => Scenario.All.Single(scenario => scenario.Name == "rich");

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string Name(int number) => $"action-{number:000000}";

    private static void Print(string what, Reading reading) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"{what,-34}{reading.Heap / 1048576.0,12:0.0}{reading.Resident / 1048576.0,12:0.0}"));

    private static void PrintEach(string what, Reading more, Reading less, int count)
    {
        var heap = (double)(more.Heap - less.Heap) / count;
        var resident = (double)(more.Resident - less.Resident) / count;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-34}{heap,12:0}{resident,12:0}"));
    }
}
