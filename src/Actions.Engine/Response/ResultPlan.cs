using System.Collections.Immutable;
using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Limits;
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

    /// <param name="answer">The response.</param>
    /// <param name="strict">Whether a required field without a default has to be there.</param>
    /// <exception cref="MissingResultException">It is not.</exception>
    /// <exception cref="FormatException">A selected value can't be a variable.</exception>
    /// <exception cref="ResultsTooLargeException">Together they are too large for an event.</exception>
    public Dictionary<string, Value> Extract(Answer answer, bool strict)
    {
        var variables = new Dictionary<string, Value>(StringComparer.Ordinal);
        var size = 0L;
        foreach (var field in fields)
        {
            var value = field.Select(answer) ?? field.Default;
            if (value is null)
            {
                if (field.Required && strict)
                    throw new MissingResultException(field.Variable, field.Origin);
                continue;
            }

            variables.Add(field.Variable, value);
            // A response can be selected whole by every field: what can't be told isn't collected first.
            size += value.CalculateSize();
            if (size > ContractLimits.MaxEventBytes)
                throw new ResultsTooLargeException();
        }

        return variables;
    }

    /// <summary>How the answer differs from the sample, without values.</summary>
    public IEnumerable<Warning> Compare(Answer answer) => fields.Select(field => field.Compare(answer)).OfType<Warning>();
}

/// <summary>What a field can be taken from.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Header">All values of a header by its name, joined; null: not there.</param>
/// <param name="Body">Null: no JSON.</param>
internal sealed record Answer(int Status, Func<string, string?> Header, JsonElement? Body);

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
    /// <exception cref="FormatException">The value can't be a variable.</exception>
    public Value? Select(Answer answer)
    {
        if (Header is not null)
            return answer.Header(Header) is { } text ? Value.ForString(text) : null;
        if (Path is null)
            return Value.ForNumber(answer.Status);
        if (answer.Body is not { } root)
            return null;
        try
        {
            var nodes = Path.Select(root);
            if (!Path.IsSingular)
                return Value.ForList([.. nodes.Select(node => JsonValue.From(node, ContractLimits.MaxVariableDepth - 1))]);
            return nodes is [var only] ? JsonValue.From(only, ContractLimits.MaxVariableDepth) : null;
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"a string on the way to {Origin} is no Unicode text");
        }
        catch (FormatException e)
        {
            throw new FormatException($"{Origin} {e.Message}");
        }
    }

    /// <summary>The JSON type of what the path selects first, booleans being one type; null: nothing.</summary>
    public static JsonValueKind? KindOf(JsonPath path, JsonElement root) => path.Select(root) switch
    {
        [{ ValueKind: JsonValueKind.True or JsonValueKind.False }, ..] => JsonValueKind.True,
        [var first, ..] => first.ValueKind,
        _ => null,
    };

    public Warning? Compare(Answer answer)
    {
        if (Path is null || SampleKind is not { } then)
            return null;
        var now = answer.Body is { } root ? KindOf(Path, root) : null;
        if (now is null)
            return Warn(WarningKind.FieldMissing, $"The sample had {Origin}, this answer doesn't.");
        // Null says nothing about the type of what may stand there.
        return now == then || now == JsonValueKind.Null || then == JsonValueKind.Null
            ? null
            : Warn(WarningKind.TypeChanged, $"{Origin} was {NameOf(then)} in the sample and is {NameOf(now.Value)} now.");
    }

    private static string NameOf(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        _ => "a boolean",
    };

    private Warning Warn(WarningKind kind, string detail) => new() { Kind = kind, Variable = Variable, Detail = detail };
}

/// <summary>A required field is not in the response.</summary>
internal sealed class MissingResultException(string variable, string origin)
    : Exception($"The response has nothing at {origin}, which '{variable}' requires.");

/// <summary>The selected fields are too large for one event.</summary>
internal sealed class ResultsTooLargeException() : Exception("The selected fields are too large for one message.");
