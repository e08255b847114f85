using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction.Paths;

/// <summary>
/// Limits the work of queries on a document. A step takes about 0.2 µs. All queries of one response share a budget, so
/// many fields don't multiply the work.
/// </summary>
/// <param name="steps">Steps in total.</param>
/// <param name="cancellationToken">Ends the work at the execution's deadline, or when the execution is
/// cancelled.</param>
internal sealed class WorkBudget(int steps = WorkBudget.DefaultSteps, CancellationToken cancellationToken = default)
{
    /// <summary>About ten times the nodes of the largest allowed body; about one second of work.</summary>
    public const int DefaultSteps = 5_000_000;

    // Skipping this many members, elements or bytes takes about as long as one step.
    private const int PassedPerStep = 32;

    // About a fifth of a millisecond between two checks of the deadline.
    private const int StepsPerCheck = 1_024;

    private int _left = steps;
    private int _unchecked;

    /// <summary>Counts the visit of a node or a state.</summary>
    public void Step() => Spend(1);

    /// <summary>Counts skipped members, elements or bytes.</summary>
    public void Pass(int count) => Spend(count / PassedPerStep);

    private void Spend(int count)
    {
        _left -= count;
        if (_left < 0)
            throw new SyntaxException("visits too many nodes of the document");
        _unchecked += count;
        if (_unchecked < StepsPerCheck)
            return;
        _unchecked = 0;
        cancellationToken.ThrowIfCancellationRequested();
    }
}
