using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Extraction.Xml;
using Actions.Engine.Limits;
using Actions.Engine.Syntax;
using Actions.Engine.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>Where a field of a response comes from.</summary>
/// <param name="Name">As displayed to the user.</param>
internal abstract record FieldSource(string Name)
{
    /// <summary>Whether the field comes from the body.</summary>
    public virtual bool ReadsBody => false;

    /// <returns>Null: the response has no such field.</returns>
    /// <exception cref="TooLargeException">The fields are too large together.</exception>
    /// <exception cref="SyntaxException">The value can't be a variable, or the budget of work is spent.</exception>
    public abstract Value? Select(FieldReading reading);

    /// <summary>The kind of the field's value in a body; null if it isn't there, or is of no interest.</summary>
    /// <exception cref="SyntaxException">The budget is spent.</exception>
    public virtual FieldKind? KindIn(ResponseBody body, WorkBudget budget) => null;

    /// <summary>The body that the field is read from; null if it isn't one.</summary>
    public virtual ResponseBody? BodyOf(FieldReading reading) => null;

    /// <summary>Why the body isn't what the field needs; null if it is.</summary>
    public virtual string? Misfit(ResponseBody body) => null;
}

internal sealed record StatusSource() : FieldSource("status")
{
    public override Value Select(FieldReading reading) => Value.ForNumber(reading.Response.Status);
}

internal sealed record HeaderSource(string Header) : FieldSource($"header:{Header}")
{
    public override Value? Select(FieldReading reading) =>
        reading.Response.Header(Header) is { } text ? reading.Values.TextOf(text) : null;
}

/// <summary>The whole body.</summary>
internal sealed record TextSource() : FieldSource("text")
{
    public override bool ReadsBody => true;

    public override ResponseBody BodyOf(FieldReading reading) => reading.Response.Body;

    public override Value? Select(FieldReading reading) =>
        reading.Response.Body.Text is { } text ? reading.Values.TextOf(text) : null;
}

/// <param name="From">The variable of the field whose text is read; null: the body.</param>
internal sealed record JsonSource(string Text, JsonPath Path, string? From)
    : FieldSource(From is null ? Text : $"{Text} in '{From}'")
{
    public override bool ReadsBody => true;

    public override ResponseBody? BodyOf(FieldReading reading) => reading.BodyIn(From);

    public override Value? Select(FieldReading reading)
    {
        if (BodyOf(reading) is not { Json: { } root } body)
            return null;
        if (Path.IsSingular)
            return body.SelectOnly(Path) is { } only
                ? JsonValue.From(only, ContractLimits.MaxVariableDepth, reading.Values)
                : null;
        var nodes = Path.Select(root, reading.Response.Budget);
        return Value.ForList(
            [.. nodes.Select(node => JsonValue.From(node, ContractLimits.MaxVariableDepth - 1, reading.Values))]);
    }

    /// <summary>The first value that the path selects.</summary>
    public override FieldKind? KindIn(ResponseBody body, WorkBudget budget)
    {
        if (From is not null || body.Json is not { } root)
            return null;
        if (Path.IsSingular)
            return body.SelectOnly(Path) is { } only ? KindOf(only) : null;
        return Path.Select(root, budget) is [var first, ..] ? KindOf(first) : null;
    }

    public override string? Misfit(ResponseBody body) => body.Json is null ? body.NotJson ?? "isn't JSON" : null;

    private static FieldKind KindOf(JsonElement node) => node.ValueKind switch
    {
        JsonValueKind.Object => FieldKind.Object,
        JsonValueKind.Array => FieldKind.Array,
        JsonValueKind.String => FieldKind.String,
        JsonValueKind.Number => FieldKind.Number,
        JsonValueKind.True or JsonValueKind.False => FieldKind.Boolean,
        _ => FieldKind.Null,
    };
}

/// <param name="From">The variable of the field whose text is read; null: the body.</param>
internal sealed record XmlSource(XPath Path, string? From)
    : FieldSource(From is null ? Path.Text : $"{Path.Text} in '{From}'")
{
    public override bool ReadsBody => true;

    public override ResponseBody? BodyOf(FieldReading reading) => reading.BodyIn(From);

    public override Value? Select(FieldReading reading) =>
        BodyOf(reading)?.Xml is { } document
            ? Path.Select(document, reading.Response.Budget, reading.Values)
            : null;

    /// <summary>One node and several differ only in their number, which says nothing about the document.</summary>
    public override FieldKind? KindIn(ResponseBody body, WorkBudget budget) =>
        From is null && body.Xml is { } document && Path.Select(document, budget, new ValueBudget()) is { } value
            ? value.KindCase switch
            {
                Value.KindOneofCase.NumberValue => FieldKind.Number,
                Value.KindOneofCase.BoolValue => FieldKind.Boolean,
                Value.KindOneofCase.NullValue => FieldKind.Null,
                _ => FieldKind.String,
            }
            : null;

    public override string? Misfit(ResponseBody body) => body.Xml is null ? body.NotXml ?? "isn't XML" : null;
}

/// <summary>The JSON type of a field, with one type for both booleans.</summary>
internal enum FieldKind
{
    Null,
    Object,
    Array,
    String,
    Number,
    Boolean,
}
