using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>A declared variable and the rules for its values.</summary>
internal sealed record VariablePlan(string Name, VariableType Type, Value? Default, bool Sensitive, ImmutableArray<string> AllowedValues)
{
    public bool IsNumeric => Type is VariableType.Number or VariableType.Integer;

    /// <summary>Null counts as no value, except for type JSON.</summary>
    public bool IsAbsent(Value? value) =>
        value is null || value.KindCase == Value.KindOneofCase.None
        || (value.KindCase == Value.KindOneofCase.NullValue && Type != VariableType.Json);

    /// <returns>The problem, in words that complete "The variable …". Null: the value is valid.</returns>
    public string? Check(Value value)
    {
        var fits = Type switch
        {
            VariableType.Number => value.KindCase == Value.KindOneofCase.NumberValue || IsNumberText(value, integer: false),
            VariableType.Integer => (value.KindCase == Value.KindOneofCase.NumberValue && Math.Floor(value.NumberValue) == value.NumberValue)
                || IsNumberText(value, integer: true),
            VariableType.Boolean => value.KindCase == Value.KindOneofCase.BoolValue,
            VariableType.Json => true,
            _ => value.KindCase == Value.KindOneofCase.StringValue,
        };
        if (!fits)
            return $"must be {TypeName}, not {JsonValueName(value)}.";
        return AllowedValues.IsEmpty || AllowedValues.Contains(JsonValue.ToText(value), StringComparer.Ordinal)
            ? null
            : $"must be one of: {string.Join(", ", AllowedValues)}.";
    }

    private string TypeName => Type switch
    {
        VariableType.Number => "a number",
        VariableType.Integer => "an integer",
        VariableType.Boolean => "true or false",
        VariableType.Json => "JSON",
        _ => "a string",
    };

    private static string JsonValueName(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => "a string",
        Value.KindOneofCase.NumberValue => "a number",
        Value.KindOneofCase.BoolValue => "a boolean",
        Value.KindOneofCase.StructValue => "an object",
        Value.KindOneofCase.ListValue => "a list",
        _ => "null",
    };

    /// <summary>Numbers that a double can't hold come as their text, as in results. RFC 8259 section 6.</summary>
    private static bool IsNumberText(Value value, bool integer)
    {
        if (value.KindCase != Value.KindOneofCase.StringValue)
            return false;
        var text = value.StringValue;
        if (integer)
            return text.Length > 0 && text.TrimStart('-') is { Length: > 0 } digits && text.Length - digits.Length <= 1
                && digits.All(char.IsAsciiDigit) && (digits[0] != '0' || digits.Length == 1);
        // No white space around it, which a JSON reader would skip.
        if (text.Length == 0 || text.Any(char.IsWhiteSpace))
            return false;
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            return reader.Read() && reader.TokenType == JsonTokenType.Number && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
