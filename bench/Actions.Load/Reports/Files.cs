using System.Text.Json;
using Actions.Allocations;
using Actions.Load.Peers;
using Actions.Load.Scenarios;

namespace Actions.Load.Reports;

/// <summary>Where a run is written: artifacts/bench, and bench/ if it is a complete one.</summary>
internal static class Files
{
    private const string Begin = "<!-- Written by make bench-peers. -->";
    private const string End = "<!-- End of what make bench-peers writes. -->";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static string Write(
        Results results, List<Peer> peers, Options options, (string What, string Which)[] machine)
    {
        var folder = Directory.CreateDirectory(Path.Combine(ServerCommand.Root, "artifacts/bench")).FullName;
        var pictures = Draw(results, peers).ToList();
        foreach (var (file, _, svg) in pictures)
            File.WriteAllText(Path.Combine(folder, file), svg);
        var report = new Report(results, peers, options, machine)
            .Write([.. pictures.Select(picture => (picture.File, picture.Title))]);
        var path = Path.Combine(folder, "peers.md");
        File.WriteAllText(path, $"# Side by side\n\n{report}");
        File.WriteAllText(Path.Combine(folder, "peers.json"), JsonSerializer.Serialize(
            results.Figures.Select(figure => new
            {
                scenario = figure.Scenario, peer = figure.Peer, round = figure.Round, metric = figure.Metric,
                value = double.IsFinite(figure.Value) ? figure.Value : (double?)null,
            }),
            Indented));
        if (options.IsComplete && results.Wrong.Count == 0)
            Quote(report, pictures);
        return path;
    }

    private static void Quote(string report, List<(string File, string Title, string Svg)> pictures)
    {
        var readme = Path.Combine(ServerCommand.Root, "bench/README.md");
        var text = File.ReadAllText(readme);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        if (begin < 0 || end < begin)
            throw new InvalidOperationException($"{readme} has no place for the figures: {Begin} … {End}");
        File.WriteAllText(readme, $"{text[..begin]}{Begin}\n\n{report}\n{text[end..]}");
        foreach (var (file, _, svg) in pictures)
            File.WriteAllText(Path.Combine(ServerCommand.Root, "bench", file), svg);
    }

    private static IEnumerable<(string File, string Title, string Svg)> Draw(Results results, List<Peer> peers)
    {
        var ours = peers.FindIndex(peer => peer.IsOurs);
        if (results.Has(Steady.Closed))
        {
            const string title = "Executions per second on one core, 64 callers (more is better)";
            yield return ("throughput.svg", title, Picture.Bars(title, "/s", [.. peers.Select(
                peer => (peer.Label, results.Of(Steady.Closed, peer.Name, Metric.Rate)))], ours));
        }

        if (results.Has(Steady.Half))
        {
            const string title = "From the intended start to the Result at half load (less is better)";
            string[] steps = [Metric.P50, Metric.P90, Metric.P99, Metric.P999];
            yield return ("latency.svg", title, Picture.Lines(title, "ms", steps, [.. peers.Select(peer =>
                (peer.Label, steps.Select(step => results.Of(Steady.Half, peer.Name, step).Median).ToArray()))
                .Where(line => line.Item2.All(double.IsFinite))]));
        }

        if (results.Has(InFlight.Name))
        {
            const string title = "Resident memory with 10,000 executions in flight (less is better)";
            yield return ("memory.svg", title, Picture.Bars(title, "MiB", [.. peers.Select(
                peer => (peer.Label, results.Of(InFlight.Name, peer.Name, Metric.MemoryPeak)))], ours));
        }
    }
}
