using System.Globalization;
using Actions.Load.Peers;

namespace Actions.Load;

/// <summary>What to run. Make sets BENCH_PEERS and so on; bash has a SECONDS of its own.</summary>
/// <param name="Peers">PEERS: by their names.</param>
/// <param name="Scenarios">SCENARIOS: by their names.</param>
/// <param name="Rounds">ROUNDS: of each scenario.</param>
/// <param name="Window">SECONDS: of one measurement.</param>
internal sealed record Options(string[] Peers, string[] Scenarios, int Rounds, TimeSpan Window)
{
    public static readonly string[] AllScenarios = ["closed", "one", "half", "overload", "inflight", "first"];

    /// <summary>Whether it is the run that the README quotes.</summary>
    public bool IsComplete =>
        Peers.Length == Peer.Names.Length && Scenarios.Length == AllScenarios.Length && Rounds >= 5;

    public static Options Read() => new(
        Words("PEERS", Peer.Names),
        Words("SCENARIOS", AllScenarios),
        Number("ROUNDS", 5),
        TimeSpan.FromSeconds(Number("SECONDS", 4)));

    private static string[] Words(string name, string[] known)
    {
        var text = Environment.GetEnvironmentVariable($"BENCH_{name}") ?? "";
        var words = text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries);
        return words.Except(known).FirstOrDefault() is { } unknown
            ? throw new ArgumentException($"{name}: there is no {unknown}, only {string.Join(", ", known)}.")
            : words.Length == 0 ? known : [.. known.Where(words.Contains)];
    }

    private static int Number(string name, int otherwise) =>
        Environment.GetEnvironmentVariable($"BENCH_{name}") is { Length: > 0 } text
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw new ArgumentException($"{name}: {text} is no positive number.")
            : otherwise;
}
