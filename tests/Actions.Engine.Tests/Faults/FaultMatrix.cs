using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>How far a call has come.</summary>
internal enum Phase
{
    Connect,
    Tls,
    Headers,
    Body,
}

/// <summary>What one fault means in one phase: something to play, or a word why there is nothing.</summary>
internal abstract record Cell
{
    public static implicit operator Cell(string why) => new NotApplicable(why);
}

internal sealed record NotApplicable(string Why) : Cell;

/// <summary>A fault that can be played.</summary>
/// <param name="Name">In the words of the requirement where it names the case.</param>
/// <param name="Reason">What has to come of it; null: a success all the same.</param>
/// <param name="Play">Begins it.</param>
internal sealed record Case(string Name, FailureReason? Reason, Func<IFault> Play) : Cell
{
    /// <summary>The API answers, and a client can tell from the answer that it did nothing.</summary>
    public bool SaysNothingWasDone { get; init; }

    /// <summary>Followed where a redirect is the fault.</summary>
    public int MaxRedirects { get; init; }

    /// <summary>How often a soak has it, relative to others: less when it is slow or burns the machine's
    /// time.</summary>
    public int Share { get; init; } = 10;

    /// <summary>The least that makes a time-out sure, or what a busy machine may need for anything else.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(Reason == FailureReason.Timeout ? 500 : 2_000);
}

/// <summary>One fault in all phases: the constructor leaves no gap.</summary>
internal sealed record FaultRow(string Fault, Cell Connect, Cell Tls, Cell Headers, Cell Body)
{
    public IEnumerable<(Phase Phase, Cell Cell)> Cells =>
        [(Phase.Connect, Connect), (Phase.Tls, Tls), (Phase.Headers, Headers), (Phase.Body, Body)];
}

/// <summary>Phases × faults, with the reason that the contract has for each.</summary>
internal static class FaultMatrix
{
    public static IReadOnlyList<FaultRow> Rows { get; } =
        [.. ConnectionFaults.Rows, .. TlsFaults.Rows, .. HttpFaults.Rows, .. BodyFaults.Rows, .. Http2Faults.Rows, .. ToxicFaults.Rows];

    public static Phase PhaseOf(Case fault) =>
        Rows.SelectMany(row => row.Cells).Single(cell => cell.Cell == fault).Phase;

    public static IEnumerable<Case> Cases => Rows.SelectMany(row => row.Cells).Select(cell => cell.Cell).OfType<Case>();
}
