using Actions.Engine.Decoding;
using Actions.Engine.Outcomes;
using Actions.Engine.Syntax;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>One field of the response.</summary>
/// <param name="Variable">The variable's name.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Default">Used if the response lacks the field.</param>
/// <param name="Required">Whether the response must have the field.</param>
/// <param name="KeepNull">A null is a value.</param>
/// <param name="Sensitive">The value is told, and never shown.</param>
/// <param name="SampleKind">The field's kind in the sample, or null if it isn't there; null if there is no sample.</param>
internal sealed record ResultFieldPlan(
    string Variable, FieldSource Source, Value? Default, bool Required, bool KeepNull, bool Sensitive,
    Func<FieldKind?>? SampleKind)
{
    /// <summary>Whether the action can't do without the field.</summary>
    public bool IsNeeded(bool strict) => strict && Required && Default is null;

    /// <returns>Null: the field is left out.</returns>
    /// <exception cref="SyntaxException">The value can't be a variable, or the work was too much.</exception>
    /// <exception cref="UpstreamException">The field is needed and missing.</exception>
    public Value? Read(FieldReading reading, bool strict)
    {
        var value = Source.Select(reading);
        if (value is { KindCase: Value.KindOneofCase.NullValue } && !KeepNull)
            value = null;
        // A query that may select several values and selects none is an empty list, if nothing else is wanted.
        var isNothing = value is null or { ListValue.Values.Count: 0 }
            && Source is not JsonSource { Path.IsSingular: true };
        if (value is not null && !(isNothing && (Default is not null || IsNeeded(strict))))
            return Source.ReadsBody ? Spoken(value) : value;
        if (IsNeeded(strict))
            throw Missing(reading);
        return Default;
    }

    /// <summary>The type of the value in the sample.</summary>
    public VariableType ExampleType => Source switch
    {
        StatusSource => VariableType.Integer,
        HeaderSource or TextSource => VariableType.String,
        _ => SampleKind?.Invoke() switch
        {
            FieldKind.Object or FieldKind.Array => VariableType.Json,
            FieldKind.String => VariableType.String,
            FieldKind.Number => VariableType.Number,
            FieldKind.Boolean => VariableType.Boolean,
            _ => VariableType.Unspecified,
        },
    };

    /// <summary>Whether a body that isn't what the field needs may still have its value, such as JSON with a
    /// fault.</summary>
    public bool MayHide(ResponseBody body) => Source.ReadsBody && Source.Misfit(body) is not null
        && (body.Type.ClaimsJson || body.LooksLikeJson || body.LooksLikeXml);

    public Warning? Compare(UpstreamResponse response)
    {
        if (SampleKind?.Invoke() is not { } then)
            return null;
        FieldKind? now;
        try
        {
            now = Source.KindIn(response.Body, response.Budget);
        }
        catch (SyntaxException)
        {
            // A failed warning must not discard the result, which has been extracted.
            return null;
        }

        if (now is null)
            return Warn(WarningKind.FieldMissing, $"The sample had {Source.Name}; this response doesn't.");
        // A null value doesn't reveal the field's usual type.
        return now == then || now == FieldKind.Null || then == FieldKind.Null
            ? null
            : Warn(
                WarningKind.TypeChanged,
                $"{Source.Name} was {NameOf(then)} in the sample and is {NameOf(now.Value)} now.");
    }

    public Warning Warn(WarningKind kind, string detail) =>
        new() { Kind = kind, Variable = Variable, Detail = detail };

    public static UpstreamException Unreadable(string problem) =>
        new(new UpstreamFailure(FailureReason.InvalidResponse, $"The response can't be read: {problem}."));

    /// <summary>The response may lack the field, or have a body in which it can't be looked for.</summary>
    private UpstreamException Missing(FieldReading reading)
    {
        var detail = $"The response has no value at {Source.Name}, which the variable '{Variable}' requires.";
        if (Source.ReadsBody)
        {
            var body = reading.Response.Body;
            var read = Source.BodyOf(reading);
            var misfit = read is { IsBlank: false } ? Source.Misfit(read) : null;
            if (misfit is not null && read == body
                && (Source is JsonSource ? body.Type.ClaimsJson : body.Type.ClaimsXml))
                return Unreadable($"it {misfit}");
            detail += (body.IsBlank, misfit) switch
            {
                (true, _) => " The body is empty",
                (_, null) => " The body isn't empty",
                _ when read == body => $" The body {misfit}",
                _ => $" The text there {misfit}",
            };
            detail += body.Type.MediaType.Length == 0
                ? ", and has no content type."
                : $", and its content type is {body.Type.MediaType}.";
        }

        return new UpstreamException(new UpstreamFailure(FailureReason.MissingResult, detail));
    }

    /// <summary>A value is for a conversation: none of its texts may have what can't be spoken.</summary>
    public static Value Spoken(Value value)
    {
        switch (value.KindCase)
        {
            case Value.KindOneofCase.StringValue:
                return ControlCharacters.ReplaceC1(value.StringValue) is var text
                    && ReferenceEquals(text, value.StringValue)
                    ? value
                    : Value.ForString(text);
            case Value.KindOneofCase.ListValue:
                for (var i = 0; i < value.ListValue.Values.Count; i++)
                    value.ListValue.Values[i] = Spoken(value.ListValue.Values[i]);
                return value;
            case Value.KindOneofCase.StructValue:
                foreach (var (name, field) in value.StructValue.Fields.ToList())
                {
                    var spoken = ControlCharacters.ReplaceC1(name);
                    if (!ReferenceEquals(spoken, name))
                        value.StructValue.Fields.Remove(name);
                    value.StructValue.Fields[spoken] = Spoken(field);
                }

                return value;
            default:
                return value;
        }
    }

    private static string NameOf(FieldKind kind) => kind switch
    {
        FieldKind.Object => "an object",
        FieldKind.Array => "an array",
        FieldKind.String => "a string",
        FieldKind.Number => "a number",
        _ => "a boolean",
    };
}
