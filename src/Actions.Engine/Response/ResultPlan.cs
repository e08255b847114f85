using System.Collections.Immutable;
using Actions.Engine.Limits;
using Actions.Engine.Outcomes;
using Actions.Engine.Syntax;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>The fields of a response that become variables.</summary>
internal sealed class ResultPlan(ImmutableArray<ResultFieldPlan> fields)
{
    /// <summary>Whether any field comes from the body.</summary>
    public bool NeedBody { get; } = fields.Any(field => field.Source.ReadsBody);

    public bool IsEmpty => fields.IsEmpty;

    public IEnumerable<string> Variables => fields.Select(kept => kept.Variable);

    /// <summary>
    /// Selects the fields. If <paramref name="strict"/>, required fields without a default must be present.
    /// </summary>
    /// <param name="warnings">Receives a warning for each field that isn't required and can't be read.</param>
    /// <exception cref="UpstreamException">A required field is missing or can't be read, or all fields are too large
    /// for an event.</exception>
    public Dictionary<string, Value> Extract(
        UpstreamResponse response, bool strict, ICollection<Warning>? warnings = null)
    {
        using var reading = new FieldReading(response);
        var variables = new Dictionary<string, Value>(StringComparer.Ordinal);
        var size = 0L;
        foreach (var field in fields)
        {
            Value? value;
            try
            {
                value = field.Read(reading, strict);
            }
            catch (SyntaxException e)
            {
                if (field.IsNeeded(strict))
                    throw ResultFieldPlan.Unreadable($"{field.Source.Name} {e.Message}");
                warnings?.Add(field.Warn(WarningKind.InvalidBody, $"{field.Source.Name} {e.Message}."));
                value = field.Default;
            }

            if (value is null)
                continue;
            variables.Add(field.Variable, value);
            reading.Keep(field.Variable, value);
            // Every field may select the whole response: values too large for an event aren't even collected.
            size += value.CalculateSize();
            if (size > ContractLimits.MaxEventBytes)
                throw new UpstreamException(new UpstreamFailure(
                    FailureReason.ResponseTooLarge, "The selected fields are too large for one message."));
        }

        return variables;
    }

    /// <summary>The fields that can be had; none if all of them together are too large.</summary>
    public Dictionary<string, Value> ExtractLeniently(UpstreamResponse response)
    {
        try
        {
            return Extract(response, strict: false);
        }
        catch (UpstreamException)
        {
            return [];
        }
    }

    /// <summary>The differences between the response and the sample, without values.</summary>
    public IEnumerable<Warning> Compare(UpstreamResponse response) =>
        fields.Select(field => field.Compare(response)).OfType<Warning>();
}
