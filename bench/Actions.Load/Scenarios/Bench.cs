using Actions.Load.Driver;
using Actions.Load.Peers;
using Actions.Load.Reports;

namespace Actions.Load.Scenarios;

/// <summary>What all scenarios work with.</summary>
internal sealed record Bench(
    Options Options, List<Peer> Peers, Results Results, TimeProvider Time, CancellationToken Stop)
{
    /// <summary>Voice engines have few connections, and many calls on each.</summary>
    public const int Connections = 4;

    public const int Callers = 64;

    public Loops Loops { get; } = new(Time, Stop);

    public bool Has(string scenario) => Options.Scenarios.Contains(scenario);

    public int RoundsAtMost(int most) => Math.Min(Options.Rounds, most);

    /// <summary>Starts the peers, calls each until it is warm, takes them in turn. No process stays behind.</summary>
    public async Task InTurnAsync(
        IEnumerable<Peer> peers, Job job, int rounds, Uri api, Dictionary<string, string> settings,
        Func<RunningPeer, int, Task> round)
    {
        var running = new List<RunningPeer>();
        try
        {
            foreach (var peer in peers)
            {
                running.Add(await RunningPeer.StartAsync(
                    peer, api, Machine.ServerProcessor, Connections, Time, settings));
                await running[^1].WarmAsync(Loops, job, bursts: 6, Time, Stop);
            }

            for (var i = 1; i <= rounds; i++)
            {
                foreach (var peer in running)
                    await round(peer, i);
            }
        }
        finally
        {
            foreach (var peer in running)
                await peer.DisposeAsync();
        }
    }

    /// <summary>Measures one run: what came of the calls, and what the processes used for them.</summary>
    public async Task<Tally> MeasureAsync(
        string scenario, RunningPeer peer, int round, Func<Func<Tally, Task>, Func<Tally, Task>, Task<Tally>> run)
    {
        var (before, after) = (default(Reading), default(Reading));
        var tally = await run(
            async tally => before = await ReadAsync(peer, tally, allocatedFirst: true),
            async tally => after = await ReadAsync(peer, tally, allocatedFirst: false));
        var name = peer.Peer.Name;
        var processor = after.Server - before.Server;
        Results.Add(scenario, name, tally);
        Add(Metric.Rate, tally.Completed / tally.Window.TotalSeconds);
        Add(Metric.Goodput, tally.Good / tally.Window.TotalSeconds);
        Add(Metric.Offered, tally.Begun / tally.Window.TotalSeconds);
        Add(Metric.Cpu, processor.TotalMicroseconds / tally.Completed);
        Add(Metric.Busy, processor / tally.Window);
        Add(Metric.DriverBusy, (after.Driver - before.Driver) / tally.Window);
        Add(Metric.Allocated, (after.Allocated - before.Allocated) / (after.Calls - before.Calls));
        Add(Metric.StartP50, tally.Starts[0.5]);
        Add(Metric.StartP99, tally.Starts[0.99]);
        Add(Metric.P50, tally.Ends[0.5]);
        Add(Metric.P90, tally.Ends[0.9]);
        Add(Metric.P99, tally.Ends[0.99]);
        Add(Metric.P999, tally.Ends[0.999]);
        Add(Metric.Lag, tally.Lags[0.99]);
        Add(Metric.Calls, tally.Begun);
        Add(Metric.Errors, tally.Errors.Values.Sum());
        var (rate, busy) = (tally.Completed / tally.Window.TotalSeconds, processor / tally.Window);
        Console.WriteLine(
            $"{scenario,-9}{round,2}  {name,-8}{rate,8:0} calls/s {busy,5:0.00} busy "
            + $"p50 {tally.Ends[0.5],8:0.00} p99 {tally.Ends[0.99],8:0.00} Start p99 {tally.Starts[0.99],8:0.00} ms"
            + Texts(tally));
        return tally;

        void Add(string metric, double value) => Results.Add(scenario, name, round, metric, value);
    }

    /// <summary>What else than Results came, for the progress that is printed.</summary>
    public static string Texts(Tally tally) =>
        string.Concat(tally.Errors.Select(error => $"; {error.Value} {error.Key}"))
        + (tally.Wrong.Count > 0 ? $"; WRONG {tally.Wrong[0]}" : "");

    /// <summary>
    /// The processors' times next to the window. The meter answers late on a busy processor, at both ends of it:
    /// its bytes go with the calls that there are when the answer has come.
    /// </summary>
    private static async Task<Reading> ReadAsync(RunningPeer peer, Tally tally, bool allocatedFirst)
    {
        var allocated = allocatedFirst ? await peer.ReadAllocatedAsync() : 0;
        var calls = tally.Checked;
        var (server, driver) = (peer.Usage.Processor, Environment.CpuUsage.TotalTime);
        if (!allocatedFirst)
            (allocated, calls) = (await peer.ReadAllocatedAsync(), tally.Checked);
        return new Reading(server, driver, allocated, calls);
    }

    private readonly record struct Reading(TimeSpan Server, TimeSpan Driver, double Allocated, int Calls);
}
