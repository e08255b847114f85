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
    public bool IsNumeric => Type is VariableType.Number or VariableType.Integer;

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
            && (Type is not (VariableType.Unspecified or VariableType.String) || (!AllowedValues.IsEmpty && Listed(value) is null)),
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
            if (Typing.Convert(Type, value) is not { } typed)
                violations.AddUnfit(field, $"expected {ValueWords.Expected(Type)}", Got(value), ValueWords.GotKind(value), Advice(value));
            else if (AllowedValues.IsEmpty)
                return typed;
            else if (Listed(typed) is { } listed)
                return listed;
            else
                violations.AddUnfit(
                    field, $"expected {ValueWords.OneOf(AllowedValues.Select(JsonValue.ToText))}", Got(value), ValueWords.GotKind(value));
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

        return AllowedValues.FirstOrDefault(
            allowed => JsonValue.ToText(allowed).AsSpan().Trim().Equals(text.AsSpan().Trim(), StringComparison.OrdinalIgnoreCase));
    }

    private string Got(Value value) => Sensitive ? ValueWords.GotKind(value) : ValueWords.Got(value);

    private string Advice(Value value) =>
        value.KindCase == Value.KindOneofCase.NumberValue && !IsNumeric && Type is not VariableType.Boolean
            ? "; send it in quotes, because a number of so many digits may have lost some"
            : "";
}
