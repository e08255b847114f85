using System.Collections.Immutable;
using Actions.Engine.Limits;
using Actions.Engine.Syntax;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>A declared variable and the rules for its values.</summary>
/// <param name="Name">The name in templates.</param>
/// <param name="Type">Values are converted to it.</param>
/// <param name="Default">Converted already. Null: none.</param>
/// <param name="Sensitive">Values are masked, and never quoted.</param>
/// <param name="Optional">It may be without a value.</param>
/// <param name="AllowedValues">Converted already. Empty: every value of the type.</param>
internal sealed record VariablePlan(
    string Name, VariableType Type, Value? Default, bool Sensitive, bool Optional, ImmutableArray<Value> AllowedValues)
{
    private const string LostDigits = "; send it in quotes, because a number of so many digits may have lost some";

    public bool IsNumeric => Type is VariableType.Number or VariableType.Integer;

    private bool IsText => Type is VariableType.Unspecified or VariableType.String;

    /// <summary>
    /// Null counts as no value, except for type JSON. So does a blank text that can't be a value, if the variable can
    /// do without one.
    /// </summary>
    public bool IsAbsent(Value? value) => value?.KindCase switch
    {
        null or Value.KindOneofCase.None => true,
        Value.KindOneofCase.NullValue => Type != VariableType.Json,
        Value.KindOneofCase.StringValue => (Optional || Default is not null)
            && string.IsNullOrWhiteSpace(value.StringValue)
            && (!IsText || (!AllowedValues.IsEmpty && Listed(value) is null)),
        _ => false,
    };

    /// <param name="value">As it came.</param>
    /// <param name="field">The field with the value.</param>
    /// <param name="violations">Receives what was expected and what came.</param>
    /// <returns>The value of the variable's type, in the spelling of the allowed values. Null: it doesn't
    /// fit.</returns>
    public Value? Read(Value value, string field, Violations violations)
    {
        try
        {
            var typed = Typing.Convert(Type, value);
            if (typed is not null && (AllowedValues.IsEmpty || Listed(typed) is not null))
                return AllowedValues.IsEmpty ? typed : Listed(typed);
            var expected = typed is null
                ? ValueWords.Expected(Type)
                : ValueWords.OneOf(AllowedValues.Select(JsonValue.ToText));
            var kind = ValueWords.GotKind(value);
            violations.AddUnfit(
                field,
                $"expected {expected}",
                Sensitive ? kind : ValueWords.Got(value),
                kind,
                typed is null && IsText && value.KindCase == Value.KindOneofCase.NumberValue ? LostDigits : "");
        }
        catch (SyntaxException e)
        {
            violations.Add(field, $"{e.Message}.");
        }

        return null;
    }

    /// <summary>The allowed value that is meant: models don't keep to case, nor to the notation of a number.</summary>
    private Value? Listed(Value value)
    {
        var text = JsonValue.ToText(value);
        if (AllowedValues.FirstOrDefault(allowed => JsonValue.ToText(allowed) == text) is { } same)
            return Type == VariableType.Json ? value : same;
        if (Type == VariableType.Json)
            return null;
        if (IsNumeric)
        {
            var number = NumberText.Normalize(text);
            return AllowedValues.FirstOrDefault(allowed => NumberText.Normalize(JsonValue.ToText(allowed)) == number);
        }

        text = text.Trim();
        return AllowedValues.FirstOrDefault(
            allowed => JsonValue.ToText(allowed).Trim().Equals(text, StringComparison.OrdinalIgnoreCase));
    }
}
