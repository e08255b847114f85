using Actions.Engine.Limits;
using Actions.Engine.Masking;
using Actions.Engine.Outcomes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>Tells what the API said in a response that counts as a failure.</summary>
internal static class FailureAnswers
{
    /// <param name="action">None of its error fields is required: one that can't be read is absent.</param>
    /// <param name="maskWith">Masks the secrets that were sent, and these texts.</param>
    public static FailureAnswer Of(
        UpstreamResponse response, ActionReading action, bool wantsBody, Func<IEnumerable<string>, SecretMask> maskWith)
    {
        var mask = maskWith([]);
        var sensitive = wantsBody ? action.SensitiveTexts(response) : null;
        var (body, truncated) = sensitive is null
            ? (default, true)
            : ShownBody.Of(response.Body, response.Truncated, sensitive.Count == 0 ? mask : maskWith(sensitive));
        return new FailureAnswer(
            mask.Mask(response.ContentType),
            ByteString.CopyFrom(body.Span),
            wantsBody && (truncated || response.Truncated),
            Variables(response, action.ErrorFields, mask));
    }

    /// <summary>An answer whose body can't be read.</summary>
    public static FailureAnswer Of(HttpResponseMessage message, SecretMask mask) => new(
        mask.Mask(UpstreamResponse.ContentTypeOf(message)), ByteString.Empty, false, new Dictionary<string, Value>());

    private static Dictionary<string, Value> Variables(
        UpstreamResponse response, ResultPlan errorFields, SecretMask mask)
    {
        var variables = new Dictionary<string, Value>(StringComparer.Ordinal);
        var size = 0;
        foreach (var (name, value) in errorFields.ExtractLeniently(response))
        {
            // Masking may lengthen a value, and costs more than measuring it.
            if (size + value.CalculateSize() > ContractLimits.MaxErrorFieldBytes)
                continue;
            var masked = mask.Mask(value)!;
            size += masked.CalculateSize();
            if (size <= ContractLimits.MaxErrorFieldBytes)
                variables.Add(name, masked);
        }

        return variables;
    }
}
