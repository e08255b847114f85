using Actions.Engine.Extraction.Paths;
using Actions.Engine.Limits;
using Actions.Engine.Outcomes;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Response;

/// <summary>Steps 6 to 8 of an attempt: reads the response, decides its outcome and extracts the result.</summary>
internal sealed class ResponseReader(EngineOptions options, TimeProvider time)
{
    /// <summary>Step 6: reads the body, unless the status alone decides.</summary>
    /// <exception cref="UpstreamException">The body can't be read, or is too large.</exception>
    public async Task<UpstreamResponse> ReadAsync(
        HttpResponseMessage message, ResponsePlan policy, ResultPlan results, CancellationToken cancellationToken)
    {
        var budget = new WorkBudget(cancellationToken: cancellationToken);
        if (policy.Rules.IsEmpty && !policy.SuccessStatuses.Contains((int)message.StatusCode))
            return new UpstreamResponse(message, default, json: null, unreadable: null, budget);

        if (StatesTwoLengths(message))
            throw Failed(FailureReason.InvalidResponse, "The response states two different lengths.");

        var read = await CappedBody.ReadAsync(message.Content, policy.MaxBodyBytes, cancellationToken).ConfigureAwait(false);
        if (read.Truncated)
            throw Failed(FailureReason.ResponseTooLarge, $"The response's body is larger than {policy.MaxBodyBytes} bytes.");

        var body = read.ToBytes();
        var wanted = results.NeedBody || policy.Rules.Any(rule => rule.Filter is not null);
        var json = ResponseJson.TryParse(
            body, UpstreamResponse.ContentTypeOf(message), wanted, options.MaxJsonResponseDepth, out var unreadable);
        if (!body.IsEmpty && IsEncoded(message))
            unreadable = "it has a content encoding that wasn't requested";
        return new UpstreamResponse(message, body, json, unreadable, budget);
    }

    /// <summary>
    /// Step 7: decides whether the response is a success, by the first matching rule or by its status.
    /// </summary>
    public Verdict Judge(UpstreamResponse response, ResponsePlan policy, ResultPlan results, VariableValues variables)
    {
        var status = response.Status;
        var rule = policy.Rules.FirstOrDefault(rule => rule.Matches(status, response.Json, response.Budget));
        var message = rule?.Message is { } template ? Render(template, response, results, variables) : "";
        if (rule?.Outcome is Outcome.Failure or Outcome.Retry)
        {
            var retry = rule.Outcome == Outcome.Retry;
            var failure = new UpstreamFailure(
                FailureReason.OutcomeRule, $"An outcome rule counts this response (status {status}) as a failure.", status)
            {
                RetryAfter = response.RetryAfter(time),
                RetryRequested = retry,
                Retryable = retry,
                Message = message.Length == 0 ? null : message,
            };
            return new Verdict(rule, message, failure);
        }

        if (rule is not null)
            return new Verdict(rule, message, null);
        if (!policy.SuccessStatuses.Contains(status))
            return new Verdict(null, "", new UpstreamFailure(FailureReason.HttpStatus, $"The API answered with status {status}.", status)
            {
                RetryAfter = response.RetryAfter(time),
            });
        // A response that a rule counts as success doesn't have to be JSON, even if the action's other responses are.
        return new Verdict(null, "", response.Unreadable is { } problem
            ? new UpstreamFailure(FailureReason.InvalidResponse, $"The response can't be read: {problem}.", status)
            : null);
    }

    /// <summary>Step 8: the result of a successful response.</summary>
    /// <exception cref="UpstreamException">A field is missing, can't be a variable, or all fields are too large for an
    /// event.</exception>
    public static Result Extract(UpstreamResponse response, Verdict verdict, ResultPlan results, bool wantsBody)
    {
        // Required fields and the sample describe the ordinary response. A success by a rule, such as an expected 404,
        // has other fields.
        var ordinary = verdict.Rule is null;
        var result = new Result { StatusCode = response.Status, ContentType = response.ContentType, Message = verdict.Message };
        result.Variables.Add(results.Extract(response, strict: ordinary));
        if (ordinary)
            result.Warnings.Add(results.Compare(response));
        if (wantsBody)
            result.Body = ByteString.CopyFrom(response.Body.Span);
        return result.CalculateSize() <= ContractLimits.MaxEventBytes
            ? result
            : throw Failed(
                FailureReason.ResponseTooLarge, "The selected fields and the body are too large for one message together.");
    }

    private static UpstreamException Failed(FailureReason reason, string detail) =>
        new(new UpstreamFailure(reason, detail));

    /// <summary>
    /// Limits the rendered message: a response of megabytes must not produce a message of megabytes, however often the
    /// template uses its fields.
    /// </summary>
    private string Render(Template message, UpstreamResponse response, ResultPlan results, VariableValues variables)
    {
        var all = ExtractLeniently(response, results);
        foreach (var reference in message.Names.Where(reference => !variables.Has(reference)).Distinct())
        {
            var (name, path) = Reference.Resolve(reference, all.ContainsKey);
            if (path.Length > 0 && all.TryGetValue(name, out var field) && Reference.Select(field, path) is { } member)
                all.TryAdd(reference, member);
        }

        var fields = all.ToDictionary(
            pair => pair.Key,
            pair => pair.Value.CalculateSize() <= options.MaxRenderedMessageLength
                ? pair.Value
                : Value.ForString(Cut(ListText.Of(pair.Value))));
        return Cut(message.Render(variables.With(fields), options.MaxRenderedMessageLength));
    }

    private string Cut(string text)
    {
        if (text.Length <= options.MaxRenderedMessageLength)
            return text;
        var length = options.MaxRenderedMessageLength;
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }

    private static Dictionary<string, Value> ExtractLeniently(UpstreamResponse response, ResultPlan results)
    {
        try
        {
            return results.Extract(response, strict: false);
        }
        catch (UpstreamException)
        {
            // The rule has decided; its message omits the fields that can't be read.
            return [];
        }
    }

    /// <summary>RFC 9112 section 6.3: the end of the body is ambiguous.</summary>
    private static bool StatesTwoLengths(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Length", out var lengths)
        && lengths.Distinct(StringComparer.Ordinal).Skip(1).Any();

    /// <summary>Accepted encodings are already decoded, and their header is removed.</summary>
    private static bool IsEncoded(HttpResponseMessage response) =>
        response.Content.Headers.NonValidated.TryGetValues("Content-Encoding", out var encodings)
        && encodings.Any(encoding => !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase));
}

/// <summary>The outcome of a response.</summary>
/// <param name="Rule">The outcome rule that decided; null if the status did.</param>
/// <param name="Message">The rule's message; empty if there is none.</param>
/// <param name="Failure">Null: a success.</param>
internal readonly record struct Verdict(OutcomeRulePlan? Rule, string Message, UpstreamFailure? Failure);
