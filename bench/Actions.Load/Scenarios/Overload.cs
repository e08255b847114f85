using Actions.Load.Driver;
using Actions.Load.Peers;
using Actions.Load.Reports;

namespace Actions.Load.Scenarios;

/// <summary>
/// Calls at two and five times the rate that saturates the server, each with a deadline. The answers have 256 KiB:
/// with small ones the driver, on its one processor, couldn't call five times as often as the server can answer.
/// </summary>
internal static class Overload
{
    public const string Name = "overload";

    public const int MostRounds = 3;

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(4);

    public static async Task RunAsync(Bench bench)
    {
        var peers = bench.Peers.Where(peer => peer.IsDotnet).ToList();
        if (!bench.Has(Name) || peers.Count == 0)
            return;
        await Machine.PinDriverAsync(alone: true);
        await using var api = await OrderApi.StartApartAsync();
        await bench.InTurnAsync(
            peers, Job.Large, bench.RoundsAtMost(MostRounds), api.Address, Settings.Default, async (peer, round) =>
        {
            var peak = await bench.MeasureAsync(Name, peer, round, (opened, closed) =>
                bench.Loops.ClosedAsync(peer.Caller, Job.Large, Bench.Callers, Window, opened, closed));
            var rate = peak.Good / peak.Window.TotalSeconds;
            await CallAsync(bench, peer, round, 2 * rate, Metric.Goodput2, Metric.Offered2);
            await CallAsync(bench, peer, round, 5 * rate, Metric.Goodput5, Metric.Offered5);
        });
    }

    private static async Task CallAsync(
        Bench bench, RunningPeer peer, int round, double rate, string goodput, string offered)
    {
        var arrivals = new Arrivals(rate, Lead: TimeSpan.FromSeconds(2), Window, Deadline, MostInFlight: 10_000);
        var tally = await bench.Loops.OpenAsync(peer.Caller, Job.Large, arrivals);
        var (name, seconds) = (peer.Peer.Name, tally.Window.TotalSeconds);
        bench.Results.Add($"{Name}, {goodput}", name, tally);
        bench.Results.Add(Name, name, round, goodput, tally.Good / seconds);
        bench.Results.Add(Name, name, round, offered, tally.Begun / seconds);
        Console.WriteLine(
            $"overload {round,2}  {name,-8}{tally.Good / seconds,8:0} {goodput} of {tally.Begun / seconds:0} calls/s "
            + $"offered, {tally.Unsent} without room, driver late p99 {tally.Lags[0.99]:0.0} ms{Bench.Texts(tally)}");
        await Task.Delay(TimeSpan.FromSeconds(1), bench.Time, bench.Stop);
    }
}
