using Actions.Load.Peers;
using Actions.Load.Scenarios;

namespace Actions.Load.Reports;

/// <summary>The goals of the project, and what was measured.</summary>
internal static class Goals
{
    private const string Ours = Peer.Ours;
    private const string Bare = Peer.Bare;

    public static readonly string[] Head = ["", "goal", "measured", "bare handler", "met"];

    public static IEnumerable<string[]> Rows(Results results)
    {
        var (closed, half, many, over, first) =
            (Steady.Closed, Steady.Half, InFlight.Name, Overload.Name, FirstEvent.Name);
        string[]?[] rows =
        [
            AtLeast("P1", "throughput ≥ 0.80 of the bare handler's",
                results.Ratio(closed, Metric.Rate, Ours, Bare), 0.80),
            AtMost("P1", "CPU ≤ 1.25 of it", results.Ratio(closed, Metric.Cpu, Ours, Bare), 1.25),
            AtMost("P1", "p99 ≤ 1.25 of it", results.Ratio(closed, Metric.P99, Ours, Bare), 1.25),
            AtMost("P1", "allocations ≤ 4,096 bytes more",
                results.Difference(closed, Metric.Allocated, Ours, Bare), 4096, digits: 0),
            AtLeast("P2", "throughput ≥ 1.1 of grpc-go's", results.Ratio(closed, Metric.Rate, Ours, "go"), 1.1),
            AtLeast("P2", "≥ 3 of Node's", results.Ratio(closed, Metric.Rate, Ours, "node"), 3),
            AtLeast("P2", "≥ 10 of Python's", results.Ratio(closed, Metric.Rate, Ours, "python"), 10, digits: 1),
            AtMost("P3", "Start ≤ 10 ms at p99, half load", results.Of(half, Ours, Metric.StartP99), 10,
                1, " ms", results.Of(half, Bare, Metric.StartP99)),
            AtMost("P4", "no Delay early", results.Of(many, Ours, Metric.Early), 0, 0, "",
                results.Of(many, Bare, Metric.Early)),
            AtMost("P4", "skew of Delay ≤ 50 ms at p99, 10,000 in flight", results.Of(many, Ours, Metric.SkewP99), 50,
                1, " ms", results.Of(many, Bare, Metric.SkewP99)),
            AtMost("P4", "skew ≤ 0.5 of the bare handler's", results.Ratio(many, Metric.SkewP99, Ours, Bare), 0.5),
            AtMost("P5", "no errors, 10,000 in flight", results.Of(many, Ours, Metric.Errors), 0, 0, "",
                results.Of(many, Bare, Metric.Errors)),
            AtMost("P5", "memory ≤ 1.25 of the bare handler's",
                results.Ratio(many, Metric.MemoryPeak, Ours, Bare), 1.25),
            AtMost("P5", "memory back within 10 %, 8 s afterwards",
                results.Ratio(many, Ours, (Metric.MemoryAfter, Metric.MemoryBefore)), 1.1, 2, "",
                results.Ratio(many, Bare, (Metric.MemoryAfter, Metric.MemoryBefore))),
            AtLeast("P6", "goodput at twice the load ≥ 0.95 of the peak",
                results.Ratio(over, Ours, (Metric.Goodput2, Metric.Goodput)), 0.95,
                bare: results.Ratio(over, Bare, (Metric.Goodput2, Metric.Goodput))),
            AtLeast("P6", "at five times",
                results.Ratio(over, Ours, (Metric.Goodput5, Metric.Goodput)), 0.95,
                bare: results.Ratio(over, Bare, (Metric.Goodput5, Metric.Goodput))),
            AtMost("P8", "first event ≤ 800 ms, ReadyToRun",
                results.Of(first, Ours + FirstEvent.ReadyToRun, Metric.FirstEvent), 800, 0, " ms",
                results.Of(first, Bare + FirstEvent.ReadyToRun, Metric.FirstEvent)),
            AtMost("P8", "first event ≤ 1,000 ms otherwise",
                results.Of(first, Ours, Metric.FirstEvent), 1000, 0, " ms",
                results.Of(first, Bare, Metric.FirstEvent)),
        ];
        return rows.OfType<string[]>();
    }

    private static string[]? AtLeast(
        string id, string goal, Spread measured, double least, int digits = 2, string unit = "", Spread? bare = null) =>
        Row(id, goal, measured, measured.Median >= least, digits, unit, bare);

    private static string[]? AtMost(
        string id, string goal, Spread measured, double most, int digits = 2, string unit = "", Spread? bare = null) =>
        Row(id, goal, measured, measured.Median <= most, digits, unit, bare);

    private static string[]? Row(
        string id, string goal, Spread measured, bool met, int digits, string unit, Spread? bare)
    {
        var beside = Table.Text(bare ?? Spread.None, digits, unit);
        return measured.IsNone ? null : [id, goal, Table.Text(measured, digits, unit), beside, met ? "yes" : "**no**"];
    }
}
