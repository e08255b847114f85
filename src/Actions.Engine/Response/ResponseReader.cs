using System.Collections.Frozen;
using Actions.Engine.Decoding;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Http;
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
    // The body of an error response is worth having, not worth waiting for.
    private static readonly TimeSpan LongestErrorBody = TimeSpan.FromSeconds(1);

    /// <summary>Step 6: reads the body. Nothing that is wrong with it is decided here.</summary>
    /// <param name="wantsBody">Whether the outcome shows the body.</param>
    /// <param name="left">The rest of the execution's timeout.</param>
    /// <exception cref="Exception">The response broke off: see <see cref="FailureClassifier"/>.</exception>
    public ValueTask<UpstreamResponse> ReadAsync(
        HttpResponseMessage message,
        ActionReading action,
        bool wantsBody,
        TimeSpan left,
        CancellationToken cancellationToken)
    {
        var policy = action.Policy;
        if (!policy.Rules.IsEmpty || policy.SuccessStatuses.Contains((int)message.StatusCode))
            return ReadAsync(message, policy.MaxBodyBytes, cancellationToken, cancellationToken);
        return !wantsBody && !action.ErrorFields.NeedBody
            ? new(WithoutBody(message, cancellationToken))
            : ReadErrorAsync(message, policy.MaxBodyBytes, left, cancellationToken);
    }

    private async ValueTask<UpstreamResponse> ReadErrorAsync(
        HttpResponseMessage message, int cap, TimeSpan left, CancellationToken cancellationToken)
    {
        // The status decides alone, so the body must not delay the failure much, nor turn it into a timeout.
        using var patience =
            new CancellationTokenSource(left / 2 < LongestErrorBody ? left / 2 : LongestErrorBody, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            return await ReadAsync(message, cap, stop.Token, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && (e is OperationCanceledException || FailureClassifier.Classify(e) is not null))
        {
            return WithoutBody(message, cancellationToken, isMissing: true);
        }
    }

    private UpstreamResponse WithoutBody(
        HttpResponseMessage message, CancellationToken deadline, bool isMissing = false) =>
        new(message, default, options.MaxJsonResponseDepth, new WorkBudget(cancellationToken: deadline))
        {
            Truncated = isMissing,
        };

    /// <summary>
    /// Step 7: decides whether the response is a success, by the first matching rule or by its status.
    /// </summary>
    public Verdict Judge(UpstreamResponse response, ActionReading action, VariableValues variables)
    {
        var (policy, status) = (action.Policy, response.Status);
        var isSuccess = policy.SuccessStatuses.Contains(status);
        if (response.Problem is not null && IsJudgedByBody(policy, status))
            return new Verdict(null, "", response.Problem);
        var rule = MatchingRule(policy, response);
        var message = rule?.Message is { } template ? Render(template, response, action, variables) : "";
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
            return new Verdict(rule, message, response.Problem);
        return isSuccess ? new Verdict(null, "", null) : new Verdict(null, "", new UpstreamFailure(
            FailureReason.HttpStatus, StatusDetail(response, policy), status)
        {
            RetryAfter = response.RetryAfter(time),
        });
    }

    /// <summary>Step 8: the result of a successful response.</summary>
    /// <exception cref="UpstreamException">A required field can't be had, or all fields are too large for an
    /// event.</exception>
    public static Result Extract(UpstreamResponse response, Verdict verdict, ResultPlan results, bool wantsBody)
    {
        // Required fields and the sample describe the ordinary response. A success by a rule, such as an expected 404,
        // has other fields.
        var ordinary = verdict.Rule is null;
        var result = new Result { StatusCode = response.Status, ContentType = response.ContentType, Message = verdict.Message };
        results.Extract(response, ordinary, result.Variables, result.Warnings);
        foreach (var problem in response.BodyProblems)
            result.Warnings.Add(new Warning
            {
                Kind = WarningKind.InvalidBody,
                Detail = $"The response's body can't be read as it is declared: {problem}.",
            });
        if (ordinary)
            results.Compare(response, result.Warnings);
        if (wantsBody)
            result.Body = ByteString.CopyFrom(response.Body.Bytes.Span);
        return result.CalculateSize() <= ContractLimits.MaxEventBytes
            ? result
            : throw Failed(
                FailureReason.ResponseTooLarge, "The selected fields and the body are too large for one message together.");
    }

    private async ValueTask<UpstreamResponse> ReadAsync(
        HttpResponseMessage message, int cap, CancellationToken cancellationToken, CancellationToken deadline)
    {
        var evidence = (message.RequestMessage as UpstreamMessage)?.Evidence;
        var read = await CappedBody.ReadAsync(message.Content, cap, cancellationToken, evidence: evidence)
            .ConfigureAwait(false);
        return new UpstreamResponse(
            message,
            read.Undecodable is null ? read.Bytes : default,
            options.MaxJsonResponseDepth,
            new WorkBudget(cancellationToken: deadline),
            owner: read)
        {
            Truncated = read.Truncated || read.Undecodable is not null,
            Mislabelled = read.Mislabelled,
            Problem = ProblemOf(read, cap),
        };
    }

    /// <summary>Whether the body takes part in the outcome of a response with this status.</summary>
    public static bool IsJudgedByBody(ResponsePlan policy, int status) =>
        policy.SuccessStatuses.Contains(status) || policy.Rules.Any(rule => rule.Filter is not null);

    private static OutcomeRulePlan? MatchingRule(ResponsePlan policy, UpstreamResponse response)
    {
        foreach (var rule in policy.Rules)
            if (rule.Matches(response))
                return rule;
        return null;
    }

    /// <summary>What is wrong with the body as a whole; null if nothing is.</summary>
    public static UpstreamFailure? ProblemOf(CappedBody read, int cap)
    {
        if (read.Undecodable is { } why)
            return Undecodable(why);
        return !read.Truncated ? null : new UpstreamFailure(
            FailureReason.ResponseTooLarge, $"The response's body is larger than {cap} bytes.")
        {
            Stage = FailureStage.Read,
        };
    }

    /// <summary>The failure of a response whose content coding can't be decoded.</summary>
    public static UpstreamFailure Undecodable(string why) =>
        new(FailureReason.InvalidResponse, $"The response can't be read: {why}.");

    private static string StatusDetail(UpstreamResponse response, ResponsePlan policy)
    {
        var status = response.Status;
        if (!StatusSet.IsRedirect(status))
            return $"The API answered with status {status}.";
        if (response.Header("Location") is null)
            return $"The API answered with status {status}, a redirect without a Location.";
        return policy.MaxRedirects == 0
            ? $"The API redirected (status {status}). It is followed only if response_policy.max_redirects is set."
            : $"The API redirected (status {status}) to a Location that can't be read.";
    }

    private static UpstreamException Failed(FailureReason reason, string detail) =>
        new(new UpstreamFailure(reason, detail));

    /// <summary>
    /// Limits the rendered message: a response of megabytes must not produce a message of megabytes, however often the
    /// template uses its fields.
    /// </summary>
    private string Render(Template message, UpstreamResponse response, ActionReading action, VariableValues variables)
    {
        var all = action.ErrorFields.ExtractLeniently(response);
        foreach (var (name, value) in action.Results.ExtractLeniently(response))
            all[name] = value;
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
        return Cut(ControlCharacters.ReplaceC1(
            message.Render(variables.With(fields), options.MaxRenderedMessageLength)));
    }

    private string Cut(string text)
    {
        if (text.Length <= options.MaxRenderedMessageLength)
            return text;
        var length = options.MaxRenderedMessageLength;
        return text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }

}

/// <summary>The outcome of a response.</summary>
/// <param name="Rule">The outcome rule that decided; null if the status did.</param>
/// <param name="Message">The rule's message; empty if there is none.</param>
/// <param name="Failure">Null: a success.</param>
internal readonly record struct Verdict(OutcomeRulePlan? Rule, string Message, UpstreamFailure? Failure);

/// <summary>What an action says about reading a response.</summary>
/// <param name="Policy">Which responses are a success.</param>
/// <param name="Results">The fields of a success.</param>
/// <param name="ErrorFields">The fields of a failure.</param>
internal sealed record ActionReading(ResponsePlan Policy, ResultPlan Results, ResultPlan ErrorFields)
{
    /// <summary>The names of the fields whose values are never shown.</summary>
    public FrozenSet<string> Sensitive { get; } =
        Results.Sensitive.Concat(ErrorFields.Sensitive).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The texts by which the values of sensitive fields can be recognized.</summary>
    /// <returns>Null: not all of them can be, and the body must not be shown.</returns>
    public IReadOnlyList<string>? SensitiveTexts(UpstreamResponse response) =>
        Results.SensitiveTexts(response) is { } results && ErrorFields.SensitiveTexts(response) is { } errors
            ? [.. results, .. errors]
            : null;
}
