using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>Lists in texts, in which brackets and quotes have no place: a message is spoken.</summary>
internal static class ListText
{
    private const string Separator = ", ";

    /// <summary>The text of a value. A list or an object within a list is JSON; null within one is left out.</summary>
    public static string Of(Value value) => value.KindCase == Value.KindOneofCase.ListValue
        ? string.Join(Separator, value.ListValue.Values.Where(item => !IsNull(item)).Select(JsonValue.ToText))
        : JsonValue.ToText(value);

    /// <summary>The texts of a list's elements, or the one text of any other value; none for null.</summary>
    public static IEnumerable<string> Elements(Value value) => value.KindCase == Value.KindOneofCase.ListValue
        ? value.ListValue.Values.Select(JsonValue.ToText)
        : IsNull(value) ? [] : [JsonValue.ToText(value)];

    /// <summary>What it is, if only JSON has words for it; else null.</summary>
    public static string? NestedKind(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.StructValue => "an object",
        Value.KindOneofCase.ListValue when !value.ListValue.Values.All(IsScalar) =>
            "a list with an object, a list or null in it",
        _ => null,
    };

    public static bool IsNull(Value value) =>
        value.KindCase is Value.KindOneofCase.None or Value.KindOneofCase.NullValue;

    private static bool IsScalar(Value value) => value.KindCase
        is Value.KindOneofCase.StringValue or Value.KindOneofCase.NumberValue or Value.KindOneofCase.BoolValue;
}
