using System.Collections.Immutable;
using System.Text.Json;
using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction.Paths;

/// <summary>A filter's logical expression. Section 2.3.5.1.</summary>
internal abstract record Condition
{
    /// <summary>Parses a standalone expression, such as <c>@.success == false</c>.</summary>
    /// <exception cref="SyntaxException">The text isn't well-formed or valid; the message gives position and
    /// reason.</exception>
    public static Condition Parse(string text) => new PathParser(text).ParseCondition();

    /// <summary>Evaluates the condition for a whole document, which is both <c>@</c> and <c>$</c>.</summary>
    /// <exception cref="SyntaxException">The budget is spent.</exception>
    /// <exception cref="OperationCanceledException">The deadline of the budget has passed.</exception>
    public bool Matches(JsonElement root, WorkBudget? budget = null) =>
        Matches(root, new Evaluation(root, budget ?? new WorkBudget()));

    public abstract bool Matches(JsonElement current, Evaluation evaluation);
}

internal sealed record OrCondition(ImmutableArray<Condition> Conditions) : Condition
{
    public override bool Matches(JsonElement current, Evaluation evaluation) =>
        Conditions.Any(condition => condition.Matches(current, evaluation));
}

internal sealed record AndCondition(ImmutableArray<Condition> Conditions) : Condition
{
    public override bool Matches(JsonElement current, Evaluation evaluation) =>
        Conditions.All(condition => condition.Matches(current, evaluation));
}

internal sealed record NotCondition(Condition Condition) : Condition
{
    public override bool Matches(JsonElement current, Evaluation evaluation) => !Condition.Matches(current, evaluation);
}

/// <summary>An existence test: true if the query selects any node.</summary>
internal sealed record ExistsCondition(FilterQuery Query) : Condition
{
    public override bool Matches(JsonElement current, Evaluation evaluation) =>
        Query.Select(current, evaluation).Count > 0;
}

/// <summary><c>match</c>: the whole string matches the expression; <c>search</c>: a part of it matches. Sections 2.4.6
/// and 2.4.7.</summary>
internal sealed record MatchCondition(Comparable Text, Comparable Pattern, bool Whole) : Condition
{
    // A pattern that is a literal in the query is parsed once; one from the document is parsed each time.
    private readonly IRegexp? _fixed = Pattern is LiteralComparable { Value.ValueKind: JsonValueKind.String } literal
        ? IRegexp.TryParse(literal.Value.Text(), () => { })
        : null;

    public override bool Matches(JsonElement current, Evaluation evaluation)
    {
        if (Text.Evaluate(current, evaluation) is not { ValueKind: JsonValueKind.String } text
            || Pattern.Evaluate(current, evaluation) is not { ValueKind: JsonValueKind.String } pattern)
            return false;
        var expression = Pattern is LiteralComparable ? _fixed : IRegexp.TryParse(evaluation.TextOf(pattern), evaluation.Step);
        var subject = evaluation.TextOf(text);
        evaluation.Pass(subject.Length);
        return expression?.IsMatch(subject, Whole, evaluation.Step) == true;
    }
}

/// <summary>A comparison of two values. Section 2.3.5.2.2.</summary>
internal sealed record ComparisonCondition(Comparable Left, string Operator, Comparable Right) : Condition
{
    public override bool Matches(JsonElement current, Evaluation evaluation)
    {
        var left = Left.Evaluate(current, evaluation);
        var right = Right.Evaluate(current, evaluation);
        return Operator switch
        {
            "==" => AreEqual(left, right, evaluation),
            "!=" => !AreEqual(left, right, evaluation),
            "<" => IsLess(left, right, evaluation),
            ">" => IsLess(right, left, evaluation),
            "<=" => IsLess(left, right, evaluation) || AreEqual(left, right, evaluation),
            _ => IsLess(right, left, evaluation) || AreEqual(left, right, evaluation),
        };
    }

    private static bool AreEqual(JsonElement? left, JsonElement? right, Evaluation evaluation)
    {
        if (left is not { } a || right is not { } b)
            return left is null && right is null;
        if (a.ValueKind != b.ValueKind)
            return false;
        if (a.ValueKind == JsonValueKind.String)
            return evaluation.HaveOneText(a, b);
        evaluation.Read(a, b);
        return HaveOneValue(a, b) || (a.ValueKind == JsonValueKind.Number && a.GetDouble() == b.GetDouble());
    }

    private static bool HaveOneValue(JsonElement a, JsonElement b)
    {
        try
        {
            return JsonText.AreEqual(a, b);
        }
        catch (ArgumentOutOfRangeException)
        {
            // A number in it has an exponent beyond an int: System.Text.Json doesn't compare those.
            return a.GetRawText() == b.GetRawText();
        }
    }

    private static bool IsLess(JsonElement? left, JsonElement? right, Evaluation evaluation)
    {
        if (left is not { } a || right is not { } b || a.ValueKind != b.ValueKind)
            return false;
        if (a.ValueKind == JsonValueKind.String)
            return CompareScalars(evaluation.TextOf(a), evaluation.TextOf(b), evaluation) < 0;
        if (a.ValueKind != JsonValueKind.Number)
            return false;
        evaluation.Read(a, b);
        return a.GetDouble() < b.GetDouble();
    }

    /// <summary>Orders by Unicode scalar values, which differs from the order of UTF-16 code units.</summary>
    private static int CompareScalars(string left, string right, Evaluation evaluation)
    {
        evaluation.Pass(left.AsSpan().CommonPrefixLength(right));
        using var a = left.EnumerateRunes().GetEnumerator();
        using var b = right.EnumerateRunes().GetEnumerator();
        while (true)
        {
            var (moreA, moreB) = (a.MoveNext(), b.MoveNext());
            if (!moreA || !moreB)
                return moreA.CompareTo(moreB);
            if (a.Current != b.Current)
                return a.Current.CompareTo(b.Current);
        }
    }
}

/// <summary>A query inside a filter, from the current node (<c>@</c>) or the document's root (<c>$</c>).</summary>
internal sealed record FilterQuery(JsonPath Path, bool FromRoot)
{
    public IReadOnlyList<JsonElement> Select(JsonElement current, Evaluation evaluation) =>
        FromRoot ? evaluation.SelectFromRoot(this) : Path.SelectFrom(current, evaluation);

    /// <returns>Null: the query selects nothing, or several nodes.</returns>
    public JsonElement? SelectOnly(JsonElement current, Evaluation evaluation)
    {
        if (Path.IsSingular && !FromRoot)
            return Path.SelectOnlyFrom(current, evaluation);
        return Select(current, evaluation) is [var only] ? only : null;
    }
}
