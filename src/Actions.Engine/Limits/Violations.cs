namespace Actions.Engine.Limits;

/// <summary>Collects violations under a root field.</summary>
internal sealed class Violations(string root = "")
{
    // Far more than a gRPC status can carry, or than a person reads at once.
    private const int MaxViolations = 1_000;

    // Null: none. Each execution asks for some of these, and hardly one has a violation.
    private List<FieldViolation>? _found;

    public void Add(string field, string description) => Add(field, description, isMissingVariable: false);

    public void AddMissingVariable(string name) => Add(
        $"variables.{name}", "has no value; pass one with the call, or declare a default in the action.", isMissingVariable: true);

    /// <summary>Adds a violation by a value of another kind than expected.</summary>
    /// <param name="field">The field with the value.</param>
    /// <param name="expected">Completes "The field …".</param>
    /// <param name="got">What came, for the client.</param>
    /// <param name="gotKind">What came, without its value.</param>
    /// <param name="advice">What to do about it, with its punctuation.</param>
    public void AddUnfit(string field, string expected, string got, string gotKind, string advice = "") =>
        Add(new FieldViolation(Path(field), $"{expected}, got {got}{advice}.")
        {
            WithoutValue = $"{expected}, got {gotKind}{advice}.",
        });

    public void AddMissingMember(string name, string path) => Add(
        $"variables.{name}",
        $"has no '{path.TrimStart('.')}', which a template needs; pass it with the call.",
        isMissingVariable: true);

    /// <summary>Adds a violation if there are more than <paramref name="limit"/>.</summary>
    public void CheckLimit(string field, long actual, long limit, string unit)
    {
        if (actual > limit)
            Add(field, $"has {actual} {unit}; at most {limit} are allowed.");
    }

    /// <exception cref="InvalidFieldsException">There is at least one violation.</exception>
    public void ThrowIfAny()
    {
        if (_found is not null)
            throw new InvalidFieldsException([.. _found]);
    }

    private void Add(string field, string description, bool isMissingVariable) =>
        Add(new FieldViolation(Path(field), description, isMissingVariable));

    private string Path(string field) => root.Length == 0 ? field : $"{root}.{field}";

    private void Add(FieldViolation violation)
    {
        _found ??= [];
        if (_found.Count < MaxViolations && !_found.Contains(violation))
            _found.Add(violation);
    }
}
