using Actions.Engine.Limits;
using Actions.Engine.Outcomes;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>Steps 6 to 8 of one attempt: reads the answer, judges it and takes from it what is kept.</summary>
internal sealed class ResponseReader(EngineOptions options, TimeProvider time)
{
    public async Task<Attempt> ReadAsync(HttpResponseMessage response, ResponseReading reading, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var policy = reading.Response;
        var succeeds = policy.SuccessStatuses.Contains(status);
        if (!succeeds && policy.Rules.IsEmpty)
            return Fail(FailureReason.HttpStatus, $"The API answered with status {status}.", response);

        if (StatesTwoLengths(response))
            return Fail(FailureReason.InvalidResponse, "The response states two different lengths.", response);

        // 6 read with a cap
        var read = await CappedBody.ReadAsync(response.Content, policy.MaxBodyBytes, cancellationToken).ConfigureAwait(false);
        if (read.Truncated)
            return Fail(FailureReason.ResponseTooLarge, $"The response's body is larger than {policy.MaxBodyBytes} bytes.", response);

        var body = read.ToBytes();
        var contentType = ContentTypeOf(response);
        var wanted = reading.Results.NeedBody || policy.Rules.Any(rule => rule.Filter is not null);
        using var json = ResponseJson.TryParse(body, contentType, wanted, options.MaxJsonResponseDepth, out var broken);
        if (!body.IsEmpty && IsEncoded(response))
            broken = "it is in a content encoding that wasn't asked for";
        var answer = new Answer(status, name => HeaderOf(response, name), json?.RootElement);
        try
        {
            // 7 judge
            var rule = policy.Rules.FirstOrDefault(rule => rule.Fits(status, answer.Body));
            var said = rule?.Message is { } message ? Say(message, reading, answer) : null;
            if (rule?.Outcome is Outcome.Failure or Outcome.Retry)
                return Fail(FailureReason.OutcomeRule, $"An outcome rule counts this answer (status {status}) as a failure.", response, rule, said);
            if (!succeeds && rule is null)
                return Fail(FailureReason.HttpStatus, $"The API answered with status {status}.", response);
            // What a rule calls a success needn't be the JSON that others are.
            if (broken is not null && rule is null)
                return Fail(FailureReason.InvalidResponse, $"The response can't be read: {broken}.", response);

            // 8 extract
            var result = new Result { StatusCode = status, ContentType = contentType, Message = said ?? "" };
            result.Variables.Add(reading.Results.Extract(answer, strict: rule is null));
            result.Warnings.Add(rule is null ? reading.Results.Compare(answer) : []);
            if (reading.WantsBody)
                result.Body = ByteString.CopyFrom(body.Span);
            return result.CalculateSize() <= ContractLimits.MaxEventBytes
                ? new Attempt(result)
                : Fail(FailureReason.ResponseTooLarge, "The selected fields and the body are too large for one message together.", response);
        }
        catch (MissingResultException e)
        {
            return Fail(FailureReason.MissingResult, e.Message, response);
        }
        catch (ResultsTooLargeException e)
        {
            return Fail(FailureReason.ResponseTooLarge, e.Message, response);
        }
        catch (FormatException e)
        {
            return Fail(FailureReason.InvalidResponse, $"The response can't be read: {e.Message}.", response);
        }
    }

    public static string ContentTypeOf(HttpResponseMessage response) => HeaderOf(response, "Content-Type") ?? "";

    /// <summary>An API that answers with megabytes doesn't make anybody say them, however often its fields stand there.</summary>
    private string Say(Template message, ResponseReading reading, Answer answer)
    {
        var fields = ExtractLeniently(reading, answer).ToDictionary(
            pair => pair.Key,
            pair => pair.Value.CalculateSize() <= options.MaxRenderedMessageLength ? pair.Value : Value.ForString(Cut(JsonValue.ToText(pair.Value))));
        return Cut(message.Render(reading.Variables.With(fields), options.MaxRenderedMessageLength));
    }

    private string Cut(string text)
    {
        if (text.Length <= options.MaxRenderedMessageLength)
            return text;
        var length = options.MaxRenderedMessageLength;
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }

    private static Dictionary<string, Value> ExtractLeniently(ResponseReading reading, Answer answer)
    {
        try
        {
            return reading.Results.Extract(answer, strict: false);
        }
        catch (Exception e) when (e is FormatException or ResultsTooLargeException)
        {
            // The rule has spoken; its words do without what can't be read.
            return [];
        }
    }

    /// <summary>All values of a header, joined as RFC 9110 section 5.3 allows.</summary>
    private static string? HeaderOf(HttpResponseMessage response, string name) =>
        response.Headers.NonValidated.TryGetValues(name, out var values)
        || response.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? string.Join(", ", values)
            : null;

    private TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is { } wait)
            return wait.Delta ?? (wait.Date - time.GetUtcNow());
        // More seconds than the parser can count are still a number of seconds.
        return HeaderOf(response, "Retry-After") is { Length: > 0 } text && text.All(char.IsAsciiDigit) ? TimeSpan.MaxValue : null;
    }

    /// <summary>RFC 9112 section 6.3: nobody knows where it ends.</summary>
    private static bool StatesTwoLengths(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Length", out var lengths)
        && lengths.Distinct(StringComparer.Ordinal).Skip(1).Any();

    /// <summary>What was asked for is decoded by now, and its header gone.</summary>
    private static bool IsEncoded(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out var encodings)
        && encodings.Any(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase));

    private Attempt Fail(
        FailureReason reason, string detail, HttpResponseMessage response, OutcomeRulePlan? rule = null, string? said = null)
    {
        var failure = new UpstreamFailure(reason, detail, (int)response.StatusCode)
        {
            RetryAfter = RetryAfterOf(response),
            RetryWanted = rule?.Outcome == Outcome.Retry,
            Message = string.IsNullOrEmpty(said) ? null : said,
        };
        return new Attempt(rule?.Outcome == Outcome.Retry ? failure with { Retryable = true } : failure);
    }
}

/// <summary>What an action wants of its responses.</summary>
/// <param name="Response">What counts as success, and how much is read.</param>
/// <param name="Results">The fields that are kept.</param>
/// <param name="Variables">For the messages of outcome rules.</param>
/// <param name="WantsBody">Whether the result carries the body.</param>
internal sealed record ResponseReading(ResponsePlan Response, ResultPlan Results, VariableValues Variables, bool WantsBody);
