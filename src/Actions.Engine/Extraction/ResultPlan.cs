using System.Collections.Immutable;
using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Extraction;

/// <summary>The fields of a response that are kept as variables.</summary>
internal sealed class ResultPlan(ImmutableArray<ResultFieldPlan> fields)
{
    public bool IsEmpty => fields.IsEmpty;

    /// <param name="root">The response, or null when it had no body.</param>
    /// <exception cref="MissingResultException">A required field without a default is not there.</exception>
    /// <exception cref="FormatException">A selected value can't be a variable.</exception>
    public Dictionary<string, Value> Extract(JsonElement? root)
    {
        var variables = new Dictionary<string, Value>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            if (root is { } document && Select(field, document) is { } value)
                variables.Add(field.Variable, value);
            else if (field.Default is not null)
                variables.Add(field.Variable, field.Default);
            else if (field.Required)
                throw new MissingResultException(field.Variable, field.PathText);
        }

        return variables;
    }

    private static Value? Select(ResultFieldPlan field, JsonElement root)
    {
        try
        {
            var nodes = field.Path.Select(root);
            if (!field.Path.IsSingular)
                return Value.ForList([.. nodes.Select(node => JsonValue.From(node, ContractLimits.MaxVariableDepth - 1))]);
            return nodes is [var only] ? JsonValue.From(only, ContractLimits.MaxVariableDepth) : null;
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"a string on the way to {field.PathText} is no Unicode text");
        }
        catch (FormatException e)
        {
            throw new FormatException($"{field.PathText} {e.Message}");
        }
    }
}

/// <summary>One field of the response.</summary>
internal sealed record ResultFieldPlan(string Variable, string PathText, JsonPath Path, Value? Default, bool Required);

/// <summary>A required field is not in the response.</summary>
internal sealed class MissingResultException(string variable, string path)
    : Exception($"The response has nothing at {path}, which '{variable}' requires.");
