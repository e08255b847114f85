using System.Collections.Immutable;

namespace Actions.Engine.Limits;

/// <summary>One violation in a request.</summary>
/// <param name="Field">The path of the field, e.g. <c>action_config.request.url</c> or
/// <c>variables.order_id</c>.</param>
/// <param name="Description">The problem and the remedy, phrased to complete "The field …".</param>
/// <param name="IsMissingVariable">A template refers to a variable that has no value.</param>
public sealed record FieldViolation(string Field, string Description, bool IsMissingVariable = false)
{
    /// <summary>The description without a variable's value, which belongs into no log. Null: there is none in
    /// it.</summary>
    public string? WithoutValue { get; init; }
}

/// <summary>
/// A request is refused because of its fields. Lists all violations, not only the first. The message is logged and has
/// no variable's value.
/// </summary>
public sealed class InvalidFieldsException(ImmutableArray<FieldViolation> violations)
    : Exception(string.Join(
        " ", violations.Select(violation => $"{violation.Field} {violation.WithoutValue ?? violation.Description}")))
{
    public InvalidFieldsException(string field, string description)
        : this([new FieldViolation(field, description)])
    {
    }

    /// <summary>At least one.</summary>
    public ImmutableArray<FieldViolation> Violations { get; } = violations;
}
