using System.Collections.Immutable;
using System.Text.Json;
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
    /// <exception cref="ResultsTooLargeException">Together they are too large for an event.</exception>
    public Dictionary<string, Value> Extract(JsonElement? root)
    {
        var variables = new Dictionary<string, Value>(StringComparer.Ordinal);
        var size = 0L;
        foreach (var field in fields)
        {
            var value = root is { } document && Select(field, document) is { } node ? Convert(field, node) : field.Default;
            if (value is null)
            {
                if (field.Required)
                    throw new MissingResultException(field.Variable, field.PathText);
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

    private static JsonElement? Select(ResultFieldPlan field, JsonElement root)
    {
        try
        {
            return field.Path.Select(root);
        }
        catch (InvalidOperationException)
        {
            throw new FormatException($"a name on the way to {field.PathText} is no Unicode text");
        }
    }

    private static Value Convert(ResultFieldPlan field, JsonElement node)
    {
        try
        {
            return JsonValue.From(node, ContractLimits.MaxVariableDepth);
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

/// <summary>The selected fields are too large for one event.</summary>
internal sealed class ResultsTooLargeException() : Exception("The selected fields are too large for one message.");
