using System.Text.Json;
using Actions.Engine.Limits;
using Actions.Engine.Syntax;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>
/// The table at the contract's VariableType: what a value becomes for a type. Language models send <c>"5"</c> where an
/// integer belongs, and <c>90210</c> where a text does. Only what has one meaning is converted.
/// </summary>
/// <remarks>A converted value converts to itself. A number may remain a string, of its digits in JSON's
/// notation.</remarks>
internal static class Typing
{
    /// <returns>Null: the value doesn't fit the type.</returns>
    /// <exception cref="SyntaxException">A text is JSON, but can't be a variable.</exception>
    public static Value? Convert(VariableType type, Value value) => type switch
    {
        VariableType.Number => ToNumber(value),
        VariableType.Integer => ToInteger(value),
        VariableType.Boolean => ToBoolean(value),
        VariableType.Json => ToJson(value),
        _ => ToText(value),
    };

    private static Value? ToText(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StringValue => value,
        Value.KindOneofCase.BoolValue => Value.ForString(JsonValue.ToText(value)),
        // A text may be an order's number. Sent as a JSON number of so many digits, it has lost the last ones.
        Value.KindOneofCase.NumberValue when !NumberText.MayHaveLostDigits(value.NumberValue) =>
            Value.ForString(JsonValue.ToText(value)),
        _ => null,
    };

    private static Value? ToNumber(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.NumberValue => value,
        Value.KindOneofCase.StringValue => Digits(NumberText.Read(value.StringValue)),
        _ => null,
    };

    private static Value? ToInteger(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.NumberValue => Math.Floor(value.NumberValue) == value.NumberValue ? value : null,
        Value.KindOneofCase.StringValue => Digits(NumberText.ReadInteger(value.StringValue)),
        _ => null,
    };

    private static Value? Digits(string? digits) => digits is null ? null : Value.ForString(digits);

    private static Value? ToBoolean(Value value) => value switch
    {
        { KindCase: Value.KindOneofCase.BoolValue } => value,
        { KindCase: Value.KindOneofCase.NumberValue, NumberValue: 1 } => Value.ForBool(true),
        { KindCase: Value.KindOneofCase.NumberValue, NumberValue: 0 } => Value.ForBool(false),
        { KindCase: Value.KindOneofCase.StringValue } => value.StringValue.Trim().ToUpperInvariant() switch
        {
            "TRUE" or "YES" or "1" => Value.ForBool(true),
            "FALSE" or "NO" or "0" => Value.ForBool(false),
            _ => null,
        },
        _ => null,
    };

    private static Value ToJson(Value value)
    {
        if (value.KindCase != Value.KindOneofCase.StringValue)
            return value;
        var text = value.StringValue.AsMemory().Trim();
        if (text.Span is not (['{', .., '}'] or ['[', .., ']']))
            return value;
        try
        {
            // Any depth: a text that is too deep is refused, not taken for words.
            using var json = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = int.MaxValue });
            return JsonValue.From(json.RootElement, ContractLimits.MaxVariableDepth);
        }
        catch (JsonException)
        {
            return value;
        }
    }
}
