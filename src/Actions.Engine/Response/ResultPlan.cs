using System.Collections.Immutable;
using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Limits;
using Actions.Engine.Outcomes;
using Actions.Engine.Syntax;
using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>The fields of a response that become variables.</summary>
internal sealed class ResultPlan(ImmutableArray<ResultFieldPlan> fields)
{
    /// <summary>Whether any field comes from the body.</summary>
    public bool NeedBody { get; } = fields.Any(field => field.Path is not null);

    public bool IsEmpty => fields.IsEmpty;

    public IEnumerable<string> Variables => fields.Select(kept => kept.Variable);

    /// <summary>
    /// Selects the fields. If <paramref name="strict"/>, required fields without a default must be present.
    /// </summary>
    /// <exception cref="UpstreamException">A required field is missing, a value can't be a variable, or all fields are
    /// too large for an event.</exception>
    public Dictionary<string, Value> Extract(UpstreamResponse response, bool strict)
    {
        var variables = new Dictionary<string, Value>(StringComparer.Ordinal);
        var budget = new ValueBudget();
        foreach (var field in fields)
        {
            var value = Select(field, response, budget);
            if (value is null)
            {
                if (field.Required && strict)
                    throw new UpstreamException(new UpstreamFailure(
                        FailureReason.MissingResult, $"The response has no value at {field.Origin}, which the variable '{field.Variable}' requires."));
                continue;
            }

            variables.Add(field.Variable, value);
        }

        return variables;
    }

    /// <summary>The differences between the response and the sample, without values.</summary>
    public IEnumerable<Warning> Compare(UpstreamResponse response) =>
        fields.Select(field => field.Compare(response)).OfType<Warning>();

    /// <summary>Every field may select the whole response: values too large for an event aren't even built.</summary>
    private static Value? Select(ResultFieldPlan field, UpstreamResponse response, ValueBudget budget)
    {
        try
        {
            if (field.Select(response, budget) is { } value)
                return value;
            if (field.Default is { } known)
                budget.Take(known);
            return field.Default;
        }
        catch (TooLargeException)
        {
            throw new UpstreamException(new UpstreamFailure(
                FailureReason.ResponseTooLarge, "The selected fields are too large for one message."));
        }
    }
}

/// <summary>One field of the response.</summary>
/// <param name="Variable">The variable's name.</param>
/// <param name="Origin">The field's source, as displayed to the user.</param>
/// <param name="Path">Null: the field isn't from the body.</param>
/// <param name="Header">Null: the field isn't from a header. If Path is null too, it is the status.</param>
/// <param name="Default">Used if the response lacks the field.</param>
/// <param name="Required">Whether the response must have the field.</param>
/// <param name="SampleKind">The field's JSON type in the sample, or null if it isn't there; null if there is no
/// sample.</param>
internal sealed record ResultFieldPlan(
    string Variable, string Origin, JsonPath? Path, string? Header, Value? Default, bool Required,
    Func<JsonValueKind?>? SampleKind)
{
    /// <exception cref="UpstreamException">The value can't be a variable.</exception>
    public Value? Select(UpstreamResponse response, ValueBudget budget)
    {
        if (Header is not null)
        {
            if (response.Header(Header) is not { } text)
                return null;
            budget.TakeText(text);
            return Value.ForString(text);
        }

        if (Path is null)
            return Value.ForNumber(response.Status);
        if (response.Json is not { } root)
            return null;
        try
        {
            var nodes = Path.Select(root, response.Budget);
            if (!Path.IsSingular)
                return Value.ForList(
                    [.. nodes.Select(node => JsonValue.From(node, ContractLimits.MaxVariableDepth - 1, budget))]);
            return nodes is [var only] ? JsonValue.From(only, ContractLimits.MaxVariableDepth, budget) : null;
        }
        catch (NotUnicodeException)
        {
            throw Unreadable($"a string at {Origin}, or on the way to it, isn't Unicode text");
        }
        catch (SyntaxException e) when (e is not TooLargeException)
        {
            throw Unreadable($"{Origin} {e.Message}");
        }
    }

    /// <summary>
    /// The JSON type of the first value that the path selects, with one type for booleans; null if none.
    /// </summary>
    public static JsonValueKind? KindOf(JsonPath path, JsonElement root, WorkBudget budget) => path.Select(root, budget) switch
    {
        [{ ValueKind: JsonValueKind.True or JsonValueKind.False }, ..] => JsonValueKind.True,
        [var first, ..] => first.ValueKind,
        _ => null,
    };

    public Warning? Compare(UpstreamResponse response)
    {
        if (Path is null || SampleKind?.Invoke() is not { } then)
            return null;
        JsonValueKind? now;
        try
        {
            now = response.Json is { } root ? KindOf(Path, root, response.Budget) : null;
        }
        catch (SyntaxException)
        {
            // A failed warning must not discard the result, which has been extracted.
            return null;
        }

        if (now is null)
            return Warn(WarningKind.FieldMissing, $"The sample had {Origin}; this response doesn't.");
        // A null value doesn't reveal the field's usual type.
        return now == then || now == JsonValueKind.Null || then == JsonValueKind.Null
            ? null
            : Warn(WarningKind.TypeChanged, $"{Origin} was {NameOf(then)} in the sample and is {NameOf(now.Value)} now.");
    }

    private static UpstreamException Unreadable(string problem) =>
        new(new UpstreamFailure(FailureReason.InvalidResponse, $"The response can't be read: {problem}."));

    private static string NameOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        _ => "a boolean",
    };

    private Warning Warn(WarningKind kind, string detail) =>
        new() { Kind = kind, Variable = Variable, Detail = detail };
}
