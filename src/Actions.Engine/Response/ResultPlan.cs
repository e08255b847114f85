using System.Collections.Immutable;
using Actions.Engine.Masking;
using Actions.Engine.Outcomes;
using Actions.Engine.Syntax;
using Actions.Engine.Variables;
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
    /// <param name="variables">Receives the fields.</param>
    /// <param name="warnings">Receives a warning for each field that isn't required and can't be read.</param>
    /// <exception cref="UpstreamException">A required field is missing or can't be read, or all fields are too large
    /// for an event.</exception>
    public void Extract(
        UpstreamResponse response,
        bool strict,
        IDictionary<string, Value> variables,
        ICollection<Warning>? warnings = null)
    {
        using var reading = new FieldReading(response, variables);
        foreach (var field in fields)
        {
            Value? value;
            try
            {
                value = field.Read(reading, strict);
                if (value is not null && ReferenceEquals(value, field.Default))
                    reading.Values.Take(value);
            }
            catch (TooLargeException)
            {
                // Every field may select the whole response: values too large for an event aren't even built.
                throw new UpstreamException(new UpstreamFailure(
                    FailureReason.ResponseTooLarge, "The selected fields are too large for one message."));
            }
            catch (SyntaxException e)
            {
                if (field.IsNeeded(strict))
                    throw ResultFieldPlan.Unreadable($"{field.Source.Name} {e.Message}");
                warnings?.Add(field.Warn(WarningKind.InvalidBody, $"{field.Source.Name} {e.Message}."));
                value = field.Default;
            }

            if (value is not null)
                variables.Add(field.Variable, value);
        }
    }

    /// <summary>The fields that can be had; none if all of them together are too large.</summary>
    public Dictionary<string, Value> ExtractLeniently(UpstreamResponse response)
    {
        var variables = new Dictionary<string, Value>(StringComparer.Ordinal);
        try
        {
            Extract(response, strict: false, variables);
            return variables;
        }
        catch (UpstreamException)
        {
            return [];
        }
    }

    /// <summary>The names of the fields that are never shown.</summary>
    public IEnumerable<string> Sensitive => fields.Where(kept => kept.Sensitive).Select(kept => kept.Variable);

    /// <summary>The types of the values in the sample, as far as they are known.</summary>
    public IEnumerable<KeyValuePair<string, VariableType>> ExampleTypes => fields
        .Select(kept => KeyValuePair.Create(kept.Variable, kept.ExampleType))
        .Where(pair => pair.Value != VariableType.Unspecified);

    /// <summary>The texts by which the values of sensitive fields can be recognized in a response that people
    /// see.</summary>
    /// <returns>Null: not all of them can be, and the body must not be shown.</returns>
    public IReadOnlyList<string>? SensitiveTexts(UpstreamResponse response)
    {
        if (!fields.Any(field => field.Sensitive))
            return [];
        if (response.Truncated || fields.Any(field => field.Sensitive && field.MayHide(response.Body)))
            return null;
        var (variables, warnings) = (new Dictionary<string, Value>(StringComparer.Ordinal), new List<Warning>());
        try
        {
            Extract(response, strict: false, variables, warnings);
        }
        catch (UpstreamException)
        {
            return null;
        }

        var texts = new List<string>();
        foreach (var field in fields.Where(field => field.Sensitive))
        {
            if (warnings.Exists(warning => warning.Variable == field.Variable))
                return null;
            if (!variables.TryGetValue(field.Variable, out var value))
                continue;
            if (field.Source.ReadsBody && !SecretMask.CanHide(value))
                return null;
            texts.AddRange(IdentifyingTexts.Of(value, withNames: true));
        }

        return texts;
    }

    /// <param name="warnings">Receives the differences between the response and the sample, without values.</param>
    public void Compare(UpstreamResponse response, ICollection<Warning> warnings)
    {
        foreach (var field in fields)
            if (field.Compare(response) is { } warning)
                warnings.Add(warning);
    }
}
