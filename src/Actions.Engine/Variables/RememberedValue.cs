using Actions.Engine.Limits;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Variables;

/// <summary>A value that a call remembers from an earlier Result.</summary>
/// <param name="Value">Treated as if the request had brought it.</param>
/// <param name="Action">The name of the action whose Result had it.</param>
/// <param name="Sensitive">It is masked and never quoted, whatever its variable is here.</param>
public sealed record RememberedValue(Value Value, string Action, bool Sensitive)
{
    private const string Prefix = "variables.";

    /// <summary>Says of each violation by a remembered value where it is from: the client didn't send it.</summary>
    internal static InvalidFieldsException Explain(
        InvalidFieldsException refusal, IReadOnlyDictionary<string, RememberedValue> remembered) =>
        new([.. refusal.Violations.Select(violation => Explain(violation, remembered))]);

    private static FieldViolation Explain(
        FieldViolation violation, IReadOnlyDictionary<string, RememberedValue> remembered)
    {
        if (!violation.Field.StartsWith(Prefix, StringComparison.Ordinal)
            || !remembered.TryGetValue(violation.Field[Prefix.Length..], out var value))
            return violation;
        var origin = $" The call remembers this value from the action '{value.Action}'; pass another one.";
        var withoutValue = violation.WithoutValue ?? violation.Description;
        return violation with
        {
            Description = (value.Sensitive ? withoutValue : violation.Description) + origin,
            WithoutValue = withoutValue + origin,
        };
    }
}
