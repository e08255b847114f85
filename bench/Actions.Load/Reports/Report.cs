using System.Text;
using Actions.Load.Peers;
using Actions.Load.Scenarios;

namespace Actions.Load.Reports;

/// <summary>The figures of a run as Markdown.</summary>
internal sealed class Report(Results results, List<Peer> peers, Options options, (string What, string Which)[] machine)
{
    private readonly StringBuilder _text = new();

    /// <param name="pictures">Files in the same folder.</param>
    public string Write(IReadOnlyList<(string File, string Title)> pictures)
    {
        _text.AppendTable(
            ["machine", ""],
            machine.Concat(peers.Select(peer => (peer.Label, peer.Version)))
                .Select(row => new[] { row.Item1, row.Item2 }));
        _text.Append($"Medians of {options.Rounds} rounds in turn, with the least and the most (of overload at most ");
        _text.Append($"{Overload.MostRounds}, of 10,000 in flight {InFlight.MostRounds}); ");
        _text.Append($"{options.Window.TotalSeconds:0} s each. {Table.Text(results.Checked)} calls, ");
        _text.Append("every answer checked: ");
        _text.Append(results.Wrong.Count == 0 ? "all of them are right.\n\n" : "**some are wrong**, see the end.\n\n");
        _text.Append("### Goals\n\n").AppendTable(Goals.Head, Goals.Rows(results));
        foreach (var (file, title) in pictures)
            _text.Append($"![{title}]({file})\n\n");
        WriteSteady();
        WriteOverload();
        WriteInFlight();
        WriteFirst();
        WriteErrors();
        return _text.ToString().TrimEnd() + "\n";
    }

    private void WriteSteady()
    {
        WriteTable(Steady.Closed, "Closed loop, 64 callers", [
            ("calls/s per core", Metric.Rate, 0), ("CPU per call, µs", Metric.Cpu, 1),
            ("allocated, bytes", Metric.Allocated, 0), ("p50, ms", Metric.P50, 2), ("p99, ms", Metric.P99, 2),
            ("server busy", Metric.Busy, 2), ("driver and API busy", Metric.DriverBusy, 2),
            ("errors", Metric.Errors, 0)]);
        WriteRatios();
        WriteTable(Steady.One, "One caller", [
            ("p50, ms", Metric.P50, 3), ("p99, ms", Metric.P99, 3), ("Start p50, ms", Metric.StartP50, 3),
            ("CPU per call, µs", Metric.Cpu, 1), ("errors", Metric.Errors, 0)]);
        WriteTable(Steady.Half, "Open loop, at half of each peer's own closed-loop rate", [
            ("calls/s", Metric.Rate, 0), ("Start p99, ms", Metric.StartP99, 2), ("p50, ms", Metric.P50, 2),
            ("p99, ms", Metric.P99, 2), ("p99.9, ms", Metric.P999, 2), ("driver late, p99, ms", Metric.Lag, 2),
            ("errors", Metric.Errors, 0)]);
    }

    private void WriteRatios()
    {
        var others = peers.Where(peer => !peer.IsOurs).ToList();
        if (!results.Has(Steady.Closed) || others.Count == peers.Count || others.Count == 0)
            return;
        _text.Append("Actions.Grpc ÷ each peer, round by round:\n\n").AppendTable(
            ["", "throughput", "CPU per call", "p99"],
            others.Select(peer => new[]
            {
                peer.Label,
                Table.Text(results.Ratio(Steady.Closed, Metric.Rate, Peer.Ours, peer.Name), 2),
                Table.Text(results.Ratio(Steady.Closed, Metric.Cpu, Peer.Ours, peer.Name), 2),
                Table.Text(results.Ratio(Steady.Closed, Metric.P99, Peer.Ours, peer.Name), 2),
            }));
    }

    private void WriteOverload() =>
        WriteTable(Overload.Name, "Overload: 256 KiB answers, five fields, 2 s deadline", [
            ("peak, calls/s", Metric.Goodput, 0), ("goodput at twice", Metric.Goodput2, 0),
            ("offered", Metric.Offered2, 0), ("goodput at five times", Metric.Goodput5, 0),
            ("offered", Metric.Offered5, 0)]);

    private void WriteInFlight()
    {
        WriteTable(InFlight.Name, "10,000 in flight, an API that takes 6 s, 2 shared cores", [
            ("at once", Metric.InFlight, 0), ("errors", Metric.Errors, 0), ("Delays", Metric.Delays, 0),
            ("early", Metric.Early, 0),
            ("skew p99, ms", Metric.SkewP99, 1), ("by the server's clock", Metric.ServerSkewP99, 1),
            ("MiB before", Metric.MemoryBefore, 0), ("at most", Metric.MemoryPeak, 0),
            ("8 s afterwards", Metric.MemoryAfter, 0), ("after a collection", Metric.MemoryCollected, 0)]);
        if (results.Has(InFlight.Name) && peers.Exists(peer => peer.IsOurs))
        {
            var settings = string.Join(", ", Settings.Large.Select(setting => $"`{setting.Key}={setting.Value}`"));
            _text.Append($"Actions.Grpc ran with {settings}.\n\n");
        }
    }

    private void WriteFirst() =>
        WriteTable(FirstEvent.Name, "From process start to the first event", [
            ("port open, ms", Metric.PortOpen, 0), ("first event, ms", Metric.FirstEvent, 0),
            ("first Result, ms", Metric.FirstResult, 0)]);

    private void WriteErrors()
    {
        if (results.Errors.Count > 0)
        {
            _text.Append("### What else than Results came\n\n").AppendTable(
                ["", "calls"], results.Errors.Select(error => new[] { error.Key, Table.Text(error.Value) }));
        }

        if (results.Wrong.Count > 0)
        {
            _text.Append("### Wrong answers\n\n")
                .AppendJoin('\n', results.Wrong.Select(wrong => $"    {wrong}")).Append('\n');
        }
    }

    /// <summary>A row for each peer that the scenario ran.</summary>
    private void WriteTable(string scenario, string title, (string Head, string Metric, int Digits)[] columns)
    {
        if (!results.Has(scenario))
            return;
        var names = peers.Select(peer => (peer.Name, peer.Label)).Concat(peers.Select(
            peer => (peer.Name + FirstEvent.ReadyToRun, peer.Label + ", ReadyToRun")));
        _text.Append($"### {title}\n\n").AppendTable(
            ["", .. columns.Select(column => column.Head)],
            from peer in names
            where !results.Of(scenario, peer.Item1, columns[0].Metric).IsNone
            select new[] { peer.Item2 }.Concat(columns.Select(
                column => Table.Text(results.Of(scenario, peer.Item1, column.Metric), column.Digits))).ToArray());
    }
}
