using System.Diagnostics;
using System.Globalization;
using Actions.Demo;
using Actions.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Actions.Bench;

/// <summary>
/// What one workspace feels of another that calls at ten times its quota. Quiet and loud turns alternate; of each turn
/// the 99th percentile counts, of the turns the median.
/// </summary>
internal static class Isolation
{
    private const int Quota = 100;
    private const int Turns = 7;

    private static readonly TimeSpan Turn = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    public static async Task MeasureAsync(Uri api, TimeProvider time)
    {
        await using var server = await ServerProcess.StartAsync(new ServerOutput(), time, CancellationToken.None, new()
        {
            ["Limits__CallsPerSecond"] = Quota.ToString(CultureInfo.InvariantCulture),
            ["Limits__Burst"] = Quota.ToString(CultureInfo.InvariantCulture),
        });
        using var modestChannel = GrpcChannel.ForAddress(server.Address);
        using var greedyChannel = GrpcChannel.ForAddress(server.Address);
        var modest = await JoinAsync(server, modestChannel, "modest", api);
        var greedy = await JoinAsync(server, greedyChannel, "greedy", api);
        await CallAsync(modest, time, TimeSpan.FromSeconds(3), null);

        var (quiet, loud) = (new List<double>(), new List<double>());
        var (let, refused) = (0, 0);
        for (var turn = 0; turn < Turns; turn++)
        {
            quiet.Add(await CallAsync(modest, time, Turn, null));
            loud.Add(await CallAsync(modest, time, Turn, async stop =>
            {
                // Open loop, ten times the quota: what comes back, and when, changes nothing.
                using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), time);
                while (await timer.WaitForNextTickAsync(stop))
                {
                    for (var i = 0; i < Quota / 10; i++)
                        _ = AddAsync();
                }
            }));
        }

        Console.WriteLine();
        Console.WriteLine($"A workspace at ten times its quota of {Quota} calls per second ({let} let in, {refused} refused in {Turns} turns of {Turn.TotalSeconds} s);");
        Console.WriteLine($"another one's p99 from Execute to Result: quiet {Median(quiet):0.000} ms, loud {Median(loud):0.000} ms, ratio {Median(loud) / Median(quiet):0.00}");

        async Task AddAsync()
        {
            if (await TryExecuteAsync(greedy))
                Interlocked.Increment(ref let);
            else
                Interlocked.Increment(ref refused);
        }
    }

    private static async Task<bool> TryExecuteAsync((ActionService.ActionServiceClient Actions, Metadata Key, string Id) caller)
    {
        try
        {
            using var call = caller.Actions.Execute(new ExecuteRequest { Id = caller.Id }, caller.Key);
            await foreach (var _ in call.ResponseStream.ReadAllAsync())
            {
            }

            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            return false;
        }
    }

    /// <returns>The 99th percentile of this turn, in milliseconds.</returns>
    private static async Task<double> CallAsync(
        (ActionService.ActionServiceClient Actions, Metadata Key, string Id) caller, TimeProvider time, TimeSpan turn, Func<CancellationToken, Task>? beside)
    {
        using var stop = new CancellationTokenSource();
        var other = beside?.Invoke(stop.Token) ?? Task.CompletedTask;
        var taken = new List<double>();
        var began = time.GetTimestamp();
        using var pace = new PeriodicTimer(Pace, time);
        while (time.GetElapsedTime(began) < turn && await pace.WaitForNextTickAsync(CancellationToken.None))
        {
            var started = time.GetTimestamp();
            if (!await TryExecuteAsync(caller))
                throw new InvalidOperationException("A workspace within its quota was refused.");
            taken.Add(time.GetElapsedTime(started).TotalMilliseconds);
        }

        await stop.CancelAsync();
        await other.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        taken.Sort();
        return taken[(int)(taken.Count * 0.99)];
    }

    private static async Task<(ActionService.ActionServiceClient, Metadata, string)> JoinAsync(
        ServerProcess server, GrpcChannel channel, string workspace, Uri api)
    {
        var command = ServerCommand.Create("key", "create", "--workspace", workspace, "--role", "editor");
        command.Environment["Storage__Sqlite__Path"] = server.Database;
        using var process = Process.Start(command)!;
        var key = new Metadata { { "authorization", $"Bearer {(await process.StandardOutput.ReadToEndAsync()).Trim()}" } };
        await process.WaitForExitAsync();
        var created = await new ActionConfigService.ActionConfigServiceClient(channel).CreateActionConfigAsync(
            new CreateActionConfigRequest
            {
                ActionConfig = new ActionConfig
                {
                    Name = "fast",
                    Request = new HttpRequest { Method = Actions.V1.HttpMethod.Get, Url = new Uri(api, "fast").ToString() },
                },
            },
            key);
        return (new ActionService.ActionServiceClient(channel), key, created.ActionConfig.Id);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
