using Actions.Load.Driver;
using Actions.Load.Peers;
using Actions.Load.Reports;

namespace Actions.Load.Scenarios;

/// <summary>
/// The server on one processor, driver and API on another: 64 callers, one caller, an open loop at half load.
/// </summary>
internal static class Steady
{
    public const string Closed = "closed";
    public const string One = "one";
    public const string Half = "half";

    public static async Task RunAsync(Bench bench)
    {
        if (!bench.Has(Closed) && !bench.Has(One) && !bench.Has(Half))
            return;
        await Machine.PinDriverAsync(alone: true);
        await using var api = await OrderApi.StartAsync(bench.Time);
        await bench.InTurnAsync(
            bench.Peers, Job.Small, bench.Options.Rounds, api.Address, Settings.Default, async (peer, round) =>
        {
            if (bench.Has(Closed))
                await ClosedAsync(bench, Closed, peer, round, Bench.Callers, bench.Options.Window);
            if (bench.Has(One))
                await ClosedAsync(bench, One, peer, round, callers: 1, bench.Options.Window / 2);
            if (bench.Has(Half))
                await HalfAsync(bench, peer, round);
        });
    }

    private static Task<Tally> ClosedAsync(
        Bench bench, string scenario, RunningPeer peer, int round, int callers, TimeSpan window) =>
        bench.MeasureAsync(scenario, peer, round, (opened, closed) =>
            bench.Loops.ClosedAsync(peer.Caller, Job.Small, callers, window, opened, closed));

    private static async Task HalfAsync(Bench bench, RunningPeer peer, int round)
    {
        var peak = bench.Results.Of(Closed, peer.Peer.Name, Metric.Rate);
        var rate = peak.Median;
        if (peak.IsNone)
        {
            var tally = await bench.Loops.ClosedAsync(
                peer.Caller, Job.Small, Bench.Callers, TimeSpan.FromSeconds(2));
            rate = tally.Completed / tally.Window.TotalSeconds;
        }

        var arrivals = new Arrivals(rate / 2, Lead: TimeSpan.FromSeconds(0.5), bench.Options.Window);
        await bench.MeasureAsync(Half, peer, round, (opened, closed) =>
            bench.Loops.OpenAsync(peer.Caller, Job.Small, arrivals, opened, closed));
    }
}
