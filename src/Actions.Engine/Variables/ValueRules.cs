using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>The rules that hold for every variable's value: from a call, a variable's default, a result field's
/// default.</summary>
internal static class ValueRules
{
    /// <returns>Each problem as words that complete "The value …".</returns>
    public static IReadOnlyList<string> ProblemsOf(Value value, int maxBytes)
    {
        List<string>? problems = null;
        var size = value.CalculateSize();
        if (size > maxBytes)
            (problems ??= []).Add($"has {size} bytes; at most {maxBytes} are allowed.");
        if (HasNonFiniteNumber(value))
            (problems ??= []).Add("contains NaN or an infinity, which JSON can't express.");
        return problems ?? (IReadOnlyList<string>)[];
    }

    /// <summary>Whether it has more than <paramref name="levels"/> of lists and objects.</summary>
    public static bool IsDeeperThan(Value value, int levels) => value.KindCase switch
    {
        Value.KindOneofCase.StructValue =>
            levels == 0 || value.StructValue.Fields.Values.Any(field => IsDeeperThan(field, levels - 1)),
        Value.KindOneofCase.ListValue => levels == 0 || value.ListValue.Values.Any(item => IsDeeperThan(item, levels - 1)),
        _ => false,
    };

    /// <summary>Whether NaN or an infinity is anywhere in it.</summary>
    public static bool HasNonFiniteNumber(Value value) => value.KindCase switch
    {
        Value.KindOneofCase.NumberValue => !double.IsFinite(value.NumberValue),
        Value.KindOneofCase.StructValue => value.StructValue.Fields.Values.Any(HasNonFiniteNumber),
        Value.KindOneofCase.ListValue => value.ListValue.Values.Any(HasNonFiniteNumber),
        _ => false,
    };
}
