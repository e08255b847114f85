using System.Text;
using Actions.Engine.Decoding;
using Actions.Engine.Extraction;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Extraction.Xml;
using Actions.Engine.Limits;
using Actions.Engine.Masking;
using Actions.Engine.Outcomes;
using Actions.Engine.Syntax;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>
/// Takes a sample of a response of any status and masks all secrets of the request that the API repeats in it.
/// </summary>
internal sealed class SampleReader(EngineOptions options, TimeProvider time)
{
    /// <param name="response">A response whose headers have arrived.</param>
    /// <param name="action">A body that Execute would refuse for its size is refused.</param>
    /// <param name="taken">Names that fields must not have.</param>
    /// <param name="maskWith">Masks the secrets that were sent, and these texts.</param>
    /// <param name="started">The clock's timestamp from which the latency counts.</param>
    public async Task<Sample> ReadAsync(
        HttpResponseMessage response,
        ActionReading action,
        IEnumerable<string> taken,
        Func<IEnumerable<string>, SecretMask> maskWith,
        long started,
        CancellationToken cancellationToken)
    {
        var isJudged = ResponseReader.IsJudgedByBody(action.Policy, (int)response.StatusCode);
        var cap = isJudged ? action.Policy.MaxBodyBytes : ShownBody.NeededBytes;
        using var read = await CappedBody.ReadAsync(response.Content, cap, cancellationToken).ConfigureAwait(false);
        if ((isJudged || read.Undecodable is not null) && ResponseReader.ProblemOf(read, cap) is { } problem)
            throw new UpstreamException(problem with { Answer = FailureAnswers.Of(response, maskWith([])) });
        var contentType = UpstreamResponse.ContentTypeOf(response);
        var budget = new WorkBudget(cancellationToken: cancellationToken);
        using var answer = new UpstreamResponse(response, read.Bytes, options.MaxJsonResponseDepth, budget)
        {
            Truncated = read.Truncated,
        };
        var (body, sensitive) = (answer.Body, action.SensitiveTexts(answer));
        var mask = maskWith(sensitive ?? []);
        var (shown, truncated) = ShownBody.Of(body, read.Truncated, mask);
        var sample = new Sample
        {
            StatusCode = (int)response.StatusCode,
            ContentType = mask.Mask(contentType),
            Body = sensitive is null ? ByteString.Empty : ByteString.CopyFrom(shown.Span),
            BodyTruncated = truncated,
            Latency = Duration.FromTimeSpan(time.GetElapsedTime(started)),
            Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
        };
        if (!truncated)
            AddFields(sample, body, taken, mask, budget);
        if (sensitive is null)
            WithoutValues(sample);
        return sample;
    }

    /// <summary>Nobody knows which fields have a sensitive value.</summary>
    private static void WithoutValues(Sample sample)
    {
        foreach (var field in sample.Fields)
            field.Value = null;
    }

    /// <summary>The fields that Execute can select in the same body: of JSON, else of XML, else the whole
    /// text.</summary>
    private void AddFields(
        Sample sample, ResponseBody body, IEnumerable<string> taken, SecretMask mask, WorkBudget budget)
    {
        IReadOnlyList<SampleField> fields = [];
        if (body.Json is { } json)
        {
            sample.Shape = mask.Mask(SampleShape.Of(json));
            fields = FieldDiscovery.Discover(json, taken, options.MaxJsonPathLength);
        }
        else if (body.LooksLikeXml && body.Xml is { } xml)
        {
            try
            {
                sample.Shape = mask.Mask(XmlDiscovery.ShapeOf(xml.Navigate(budget)));
                fields = XmlDiscovery.Discover(xml.Navigate(budget), taken, options.MaxJsonPathLength);
            }
            catch (SyntaxException)
            {
                // More nodes than can be visited: the sample has no fields.
            }
        }
        else if (body.Text is { } text && ContentCodings.IsText(Encoding.UTF8.GetBytes(text)))
        {
            fields =
            [
                new SampleField
                {
                    Source = "text",
                    Type = VariableType.String,
                    Value = Value.ForString(text),
                    SuggestedVariable = new NameSuggestions(taken).Suggest(["text"]),
                },
            ];
        }

        var bytes = 0;
        // A path that contains a secret can't be stored.
        foreach (var field in fields.Where(
            field => mask.Mask(field.JsonPath) == field.JsonPath && mask.Mask(field.Xpath) == field.Xpath))
        {
            field.Value = mask.Mask(field.Value is null ? null : ResultFieldPlan.Spoken(field.Value));
            bytes += field.CalculateSize();
            if (bytes > ContractLimits.MaxSampleFieldsBytes)
                break;
            sample.Fields.Add(field);
        }
    }
}
