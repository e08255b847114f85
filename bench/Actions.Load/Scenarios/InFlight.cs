using Actions.Load.Driver;
using Actions.Load.Peers;
using Actions.Load.Reports;

namespace Actions.Load.Scenarios;

/// <summary>10,000 executions of a slow API at once, on processors that server, driver and API share.</summary>
internal static class InFlight
{
    public const string Name = "inflight";
    public const int Calls = 10_000;

    public const int MostRounds = 2;

    // So many that no server's limit of calls on one of them is reached.
    private const int Connections = 20;

    private static readonly TimeSpan Within = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Latency = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    public static async Task RunAsync(Bench bench)
    {
        if (!bench.Has(Name))
            return;
        await Machine.PinDriverAsync(alone: false);
        for (var round = 1; round <= bench.RoundsAtMost(MostRounds); round++)
        {
            foreach (var peer in bench.Peers)
                await MeasureAsync(bench, peer, round);
        }
    }

    private static async Task MeasureAsync(Bench bench, Peer peer, int round)
    {
        // Another port each time: the connections of the last one still hold theirs.
        await using var api = await OrderApi.StartAsync(bench.Time);
        await using var running = await RunningPeer.StartAsync(
            peer, api.Address, processors: null, Connections, bench.Time, Settings.Large);
        await running.WarmAsync(bench.Loops, Job.Small, bursts: 2, bench.Time, bench.Stop);
        var before = running.Usage.Resident;
        api.Latency = Latency;
        using var enough = new CancellationTokenSource();
        var watch = WatchAsync(running, bench.Time, enough.Token);
        var arrivals = new Arrivals(Calls / Within.TotalSeconds, Lead: TimeSpan.Zero, Within, IsComplete: true);
        var tally = await bench.Loops.OpenAsync(running.Caller, Job.Small, arrivals);
        await enough.CancelAsync();
        var peak = await watch;
        await Task.Delay(Rest, bench.Time, bench.Stop);
        var after = running.Usage.Resident;
        await running.CollectAsync();

        bench.Results.Add(Name, peer.Name, tally);
        Add(Metric.Calls, tally.Begun);
        Add(Metric.Errors, tally.Errors.Values.Sum());
        Add(Metric.InFlight, api.MostInFlight);
        Add(Metric.Delays, tally.Skews.Count);
        Add(Metric.Early, tally.Early);
        Add(Metric.SkewP50, tally.Skews[0.5]);
        Add(Metric.SkewP99, tally.Skews[0.99]);
        Add(Metric.SkewMax, tally.Skews[1]);
        Add(Metric.ServerSkewP99, tally.ServerSkews[0.99]);
        Add(Metric.MemoryBefore, Mebibytes(before));
        Add(Metric.MemoryPeak, Mebibytes(peak));
        Add(Metric.MemoryAfter, Mebibytes(after));
        Add(Metric.MemoryCollected, peer.IsDotnet ? Mebibytes(running.Usage.Resident) : double.NaN);
        Console.WriteLine(
            $"{Name,-9}{round,2}  {peer.Name,-8}{api.MostInFlight,6} at once, {tally.Skews.Count} Delays, "
            + $"{tally.Early} early, "
            + $"skew p99 {tally.Skews[0.99]:0.0} ms (server's clock {tally.ServerSkews[0.99]:0.0}), "
            + $"MiB {Mebibytes(before):0} -> {Mebibytes(peak):0} -> {Mebibytes(after):0}{Bench.Texts(tally)}");

        void Add(string metric, double value) => bench.Results.Add(Name, peer.Name, round, metric, value);
    }

    /// <returns>The most memory that it had.</returns>
    private static async Task<long> WatchAsync(RunningPeer running, TimeProvider time, CancellationToken enough)
    {
        var most = 0L;
        while (!enough.IsCancellationRequested)
        {
            most = Math.Max(most, running.Usage.Resident);
            await Task.Delay(Look, time, enough).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        return most;
    }

    private static double Mebibytes(long bytes) => bytes / 1048576.0;
}
