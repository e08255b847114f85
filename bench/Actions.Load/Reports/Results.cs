using Actions.Load.Driver;

namespace Actions.Load.Reports;

/// <summary>What is measured. All times are in milliseconds unless they say otherwise.</summary>
internal static class Metric
{
    public const string Rate = "calls per second";
    public const string Cpu = "µs of the processor per call";
    public const string Busy = "share of a processor";
    public const string DriverBusy = "share of a processor, driver and API";
    public const string Allocated = "bytes allocated per call";
    public const string StartP50 = "Start p50";
    public const string StartP99 = "Start p99";
    public const string P50 = "p50";
    public const string P90 = "p90";
    public const string P99 = "p99";
    public const string P999 = "p99.9";
    public const string Lag = "driver late p99";
    public const string Offered = "calls offered per second";
    public const string Errors = "errors";
    public const string Calls = "calls";
    public const string Goodput = "goodput";
    public const string Goodput2 = "goodput at twice";
    public const string Goodput5 = "goodput at five times";
    public const string Offered2 = "offered at twice";
    public const string Offered5 = "offered at five times";
    public const string InFlight = "most in flight";
    public const string Delays = "Delays";
    public const string Early = "Delays that were early";
    public const string SkewP50 = "skew p50";
    public const string SkewP99 = "skew p99";
    public const string SkewMax = "skew max";
    public const string ServerSkewP99 = "skew p99 by the server's clock";
    public const string MemoryBefore = "MiB before";
    public const string MemoryPeak = "MiB at most";
    public const string MemoryAfter = "MiB afterwards";
    public const string MemoryCollected = "MiB after a collection";
    public const string PortOpen = "port open";
    public const string FirstEvent = "first event";
    public const string FirstResult = "first Result";
}

/// <summary>Median of some rounds, and their range.</summary>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    public static readonly Spread None = new(double.NaN, double.NaN, double.NaN);

    public bool IsNone => double.IsNaN(Median);

    public static Spread Of(IReadOnlyList<double> values)
    {
        var sorted = values.Where(value => !double.IsNaN(value)).Order().ToArray();
        if (sorted.Length == 0)
            return None;
        var middle = sorted.Length / 2;
        var median = sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        return new Spread(median, sorted[0], sorted[^1]);
    }
}

/// <summary>All figures of a run, by scenario, peer, round and metric.</summary>
internal sealed class Results
{
    private readonly List<(string Scenario, string Peer, int Round, string Metric, double Value)> _figures = [];
    private readonly SortedDictionary<string, int> _errors = new(StringComparer.Ordinal);
    private readonly List<string> _wrong = [];

    public IReadOnlyList<(string Scenario, string Peer, int Round, string Metric, double Value)> Figures => _figures;

    /// <summary>How often each outcome came that is no right Result.</summary>
    public IReadOnlyDictionary<string, int> Errors => _errors;

    /// <summary>What the contract forbids. One of them spoils the run.</summary>
    public IReadOnlyList<string> Wrong => _wrong;

    /// <summary>Calls whose answers were checked.</summary>
    public long Checked { get; private set; }

    public void Add(string scenario, string peer, int round, string metric, double value) =>
        _figures.Add((scenario, peer, round, metric, value));

    public void Add(string scenario, string peer, Tally tally)
    {
        Checked += tally.Checked;
        foreach (var (outcome, count) in tally.Errors)
        {
            var text = $"{scenario}, {peer}: {outcome}";
            _errors[text] = _errors.GetValueOrDefault(text) + count;
        }

        _wrong.AddRange(tally.Wrong.Select(wrong => $"{scenario}, {peer}: {wrong}"));
    }

    public bool Has(string scenario) => _figures.Exists(figure => figure.Scenario == scenario);

    public Spread Of(string scenario, string peer, string metric) =>
        Spread.Of([.. ByRound(scenario, peer, metric).Values]);

    /// <summary>Of each round the ratio of two peers: what the machine does meanwhile weighs on both.</summary>
    public Spread Ratio(string scenario, string metric, string peer, string other) =>
        Pairwise(scenario, metric, peer, other, (one, two) => one / two);

    public Spread Difference(string scenario, string metric, string peer, string other) =>
        Pairwise(scenario, metric, peer, other, (one, two) => one - two);

    /// <summary>Of each round the ratio of two metrics of one peer.</summary>
    public Spread Ratio(string scenario, string peer, (string Metric, string Other) metrics)
    {
        var others = ByRound(scenario, peer, metrics.Other);
        return Spread.Of([.. ByRound(scenario, peer, metrics.Metric)
            .Where(entry => others.ContainsKey(entry.Key)).Select(entry => entry.Value / others[entry.Key])]);
    }

    private Spread Pairwise(
        string scenario, string metric, string peer, string other, Func<double, double, double> combine)
    {
        var others = ByRound(scenario, other, metric);
        return Spread.Of([.. ByRound(scenario, peer, metric)
            .Where(entry => others.ContainsKey(entry.Key)).Select(entry => combine(entry.Value, others[entry.Key]))]);
    }

    private Dictionary<int, double> ByRound(string scenario, string peer, string metric) =>
        _figures.Where(figure => figure.Scenario == scenario && figure.Peer == peer && figure.Metric == metric)
            .ToDictionary(figure => figure.Round, figure => figure.Value);
}
