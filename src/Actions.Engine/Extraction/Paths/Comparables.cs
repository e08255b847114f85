using System.Text.Json;

namespace Actions.Engine.Extraction.Paths;

/// <summary>An operand that yields one value or nothing (null). Sections 2.3.5.1 and 2.4.1.</summary>
internal abstract record Comparable
{
    public abstract JsonElement? Evaluate(JsonElement current, Evaluation evaluation);
}

internal sealed record LiteralComparable(JsonElement Value) : Comparable
{
    public override JsonElement? Evaluate(JsonElement current, Evaluation evaluation) => Value;
}

/// <summary>
/// A singular query's value. Also the function <c>value</c> (section 2.4.8), which accepts any query.
/// </summary>
internal sealed record QueryComparable(FilterQuery Query) : Comparable
{
    public override JsonElement? Evaluate(JsonElement current, Evaluation evaluation) =>
        Query.SelectOnly(current, evaluation);
}

/// <summary>
/// Section 2.4.4: the number of characters of a string, elements of an array or members of an object.
/// </summary>
internal sealed record LengthComparable(Comparable Of) : Comparable
{
    public override JsonElement? Evaluate(JsonElement current, Evaluation evaluation) => Of.Evaluate(current, evaluation) switch
    {
        { ValueKind: JsonValueKind.String } text => CountCharacters(text, evaluation),
        { ValueKind: JsonValueKind.Array } array => JsonSerializer.SerializeToElement(array.GetArrayLength()),
        { ValueKind: JsonValueKind.Object } members => JsonSerializer.SerializeToElement(members.GetPropertyCount()),
        _ => null,
    };

    private static JsonElement CountCharacters(JsonElement element, Evaluation evaluation)
    {
        var text = evaluation.TextOf(element);
        evaluation.Pass(text.Length);
        return JsonSerializer.SerializeToElement(text.EnumerateRunes().Count());
    }
}

/// <summary>Section 2.4.5: the number of nodes that a query selects.</summary>
internal sealed record CountComparable(FilterQuery Query) : Comparable
{
    public override JsonElement? Evaluate(JsonElement current, Evaluation evaluation) =>
        JsonSerializer.SerializeToElement(Query.Select(current, evaluation).Count);
}
