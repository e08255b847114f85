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

/// <summary>The fields of a response that are kept as variables.</summary>
internal sealed class ResultPlan(ImmutableArray<ResultFieldPlan> fields)
{
    /// <summary>Whether any comes from the body.</summary>
    public bool NeedBody { get; } = fields.Any(field => field.Path is not null);

    public bool IsEmpty => fields.IsEmpty;

    public IEnumerable<string> Variables => fields.Select(kept => kept.Variable);

    /// <summary>Selects the fields; if <paramref name="strict"/>, required ones without a default have to be
    /// there.</summary>
    /// <exception cref="UpstreamException">It isn't, a value can't be a variable, or all are too large for an
    /// event.</exception>
    public Dictionary<string, Value> Extract(UpstreamResponse response, bool strict)
    {
        var variables = new Dictionary<string, Value>(StringComparer.Ordinal);
        var size = 0L;
        foreach (var field in fields)
        {
            var value = field.Select(response) ?? field.Default;
            if (value is null)
            {
                if (field.Required && strict)
                    throw new UpstreamException(new UpstreamFailure(
                        FailureReason.MissingResult, $"The response has no value at {field.Origin}, which the variable '{field.Variable}' requires."));
                continue;
            }

            variables.Add(field.Variable, value);
            // A response can be selected whole by every field: what no event can carry isn't collected first.
            size += value.CalculateSize();
            if (size > ContractLimits.MaxEventBytes)
                throw new UpstreamException(new UpstreamFailure(
                    FailureReason.ResponseTooLarge, "The selected fields are too large for one message."));
        }

        return variables;
    }

    /// <summary>How the answer differs from the sample, without values.</summary>
    public IEnumerable<Warning> Compare(UpstreamResponse response) =>
        fields.Select(field => field.Compare(response)).OfType<Warning>();
}

/// <summary>One field of the response.</summary>
/// <param name="Variable">The variable's name.</param>
/// <param name="Origin">Where it comes from, in the user's words.</param>
/// <param name="Path">Null: not from the body.</param>
/// <param name="Header">Null: not from a header. Without either it is the status.</param>
/// <param name="Default">Used when it isn't there.</param>
/// <param name="Required">Whether it has to be.</param>
/// <param name="SampleKind">Its JSON type in the sample; null: not there, or no sample.</param>
internal sealed record ResultFieldPlan(
    string Variable, string Origin, JsonPath? Path, string? Header, Value? Default, bool Required, JsonValueKind? SampleKind)
{
    /// <exception cref="UpstreamException">The value can't be a variable.</exception>
    public Value? Select(UpstreamResponse response)
    {
        if (Header is not null)
            return response.Header(Header) is { } text ? Value.ForString(text) : null;
        if (Path is null)
            return Value.ForNumber(response.Status);
        if (response.Json is not { } root)
            return null;
        try
        {
            var nodes = Path.Select(root, response.Budget);
            if (!Path.IsSingular)
                return Value.ForList([.. nodes.Select(node => JsonValue.From(node, ContractLimits.MaxVariableDepth - 1))]);
            return nodes is [var only] ? JsonValue.From(only, ContractLimits.MaxVariableDepth) : null;
        }
        catch (NotUnicodeException)
        {
            throw Unreadable($"a string at {Origin}, or on the way to it, isn't Unicode text");
        }
        catch (SyntaxException e)
        {
            throw Unreadable($"{Origin} {e.Message}");
        }
    }

    /// <summary>The JSON type of what the path selects first, booleans being one type; null: nothing.</summary>
    public static JsonValueKind? KindOf(JsonPath path, JsonElement root, WorkBudget budget) => path.Select(root, budget) switch
    {
        [{ ValueKind: JsonValueKind.True or JsonValueKind.False }, ..] => JsonValueKind.True,
        [var first, ..] => first.ValueKind,
        _ => null,
    };

    public Warning? Compare(UpstreamResponse response)
    {
        if (Path is null || SampleKind is not { } then)
            return null;
        JsonValueKind? now;
        try
        {
            now = response.Json is { } root ? KindOf(Path, root, response.Budget) : null;
        }
        catch (SyntaxException)
        {
            // Warnings are worth less than the result, which has been extracted.
            return null;
        }

        if (now is null)
            return Warn(WarningKind.FieldMissing, $"The sample had {Origin}; this response doesn't.");
        // Null says nothing about the type of what may stand there.
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
