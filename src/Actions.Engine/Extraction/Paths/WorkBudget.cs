namespace Actions.Engine.Extraction.Paths;

/// <summary>
/// How much work queries may do on a document. A step takes some 0.2 µs. All queries of one response share a budget, so
/// that many fields don't multiply it.
/// </summary>
/// <param name="steps">Steps in all.</param>
/// <param name="cancellationToken">Ends the work at the deadline of the execution, or when it is cancelled.</param>
internal sealed class WorkBudget(int steps = WorkBudget.DefaultSteps, CancellationToken cancellationToken = default)
{
    /// <summary>Some ten times the nodes of the largest body that is read; about a second's work.</summary>
    public const int DefaultSteps = 5_000_000;

    // Passing over so many members, elements or bytes takes about the time of a step.
    private const int PassedPerStep = 32;

    // About a fifth of a millisecond between two looks at the deadline.
    private const int StepsPerCheck = 1_024;

    private int _left = steps;
    private int _unchecked;

    /// <summary>Counts the visit of a node or a state.</summary>
    public void Step() => Spend(1);

    /// <summary>Counts passing over members, elements or bytes without stopping at any.</summary>
    public void Pass(int count) => Spend(count / PassedPerStep);

    private void Spend(int count)
    {
        _left -= count;
        if (_left < 0)
            throw new FormatException("a JSONPath visits too many nodes of it");
        _unchecked += count;
        if (_unchecked < StepsPerCheck)
            return;
        _unchecked = 0;
        cancellationToken.ThrowIfCancellationRequested();
    }
}
