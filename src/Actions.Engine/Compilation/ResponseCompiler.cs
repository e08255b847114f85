using System.Collections.Immutable;
using System.Text;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Extraction.Xml;
using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Response;
using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Compilation;

/// <summary>Compiles the response policy, the result fields and the retry policy.</summary>
/// <param name="isSensitive">Whether a variable of that name is sensitive: a result of the same name is so,
/// too.</param>
internal sealed class ResponseCompiler(
    EngineOptions options, TemplateCompiler templates, Func<string, bool> isSensitive, Violations violations)
{
    private const string HeaderSource = "header:";
    private const string ResultSource = "result:";

    public ResponsePlan CompilePolicy(ResponsePolicy policy)
    {
        const string root = "response_policy";
        if (policy.MaxBodyBytes is < 0 or > ContractLimits.MaxResponseBodyBytes)
            violations.Add($"{root}.max_body_bytes", $"must be 1 to {ContractLimits.MaxResponseBodyBytes}, or 0 for the default.");
        if (policy.MaxRedirects is < 0 or > ContractLimits.MaxRedirects)
            violations.Add($"{root}.max_redirects", $"must be 0 to {ContractLimits.MaxRedirects}.");
        violations.CheckLimit($"{root}.rules", policy.Rules.Count, options.MaxOutcomeRules, "rules");
        return new ResponsePlan(
            [.. policy.Rules.Select((rule, i) => CompileRule(rule, $"{root}.rules[{i}]"))],
            CompileStatuses(policy.SuccessStatuses, $"{root}.success_statuses") ?? StatusSet.Successful,
            policy.MaxBodyBytes == 0 ? ContractLimits.DefaultResponseBodyBytes : policy.MaxBodyBytes,
            policy.MaxRedirects);
    }

    public ResultPlan CompileResults(IReadOnlyList<ResultField> results, Sample? sample, ResponsePlan policy)
    {
        // Only a sample of a successful response describes later ones.
        var isOrdinary = sample is { BodyTruncated: false } && policy.SuccessStatuses.Contains(sample.StatusCode);
        return CompileFields(results, "results", isOrdinary ? ReadLater(sample!) : null);
    }

    /// <summary>The fields of a failure. No sample is compared with them.</summary>
    public ResultPlan CompileErrorFields(IReadOnlyList<ResultField> errorFields)
    {
        for (var i = 0; i < errorFields.Count; i++)
            if (errorFields[i].Required)
                violations.Add(
                    $"error_fields[{i}].required", "must not be set: a failure has the fields that the API's response has.");
        return CompileFields(errorFields, "error_fields", sample: null);
    }

    public RetryPlan CompileRetry(RetryPolicy? policy, HttpRequest? request)
    {
        if (policy is null)
            return RetryPlan.Never;
        if (policy.MaxAttempts is < 1 or > ContractLimits.MaxAttempts)
            violations.Add("retry_policy.max_attempts", $"must be 1 to {ContractLimits.MaxAttempts}.");
        var backoff = Durations.Read(
            policy.InitialBackoff, "retry_policy.initial_backoff", TimeSpan.FromMilliseconds(1), ContractLimits.MaxTimeout, violations);
        var statuses = CompileStatuses(policy.RetryableStatuses, "retry_policy.retryable_statuses");
        // RFC 9110 section 9.2.2: these two may do twice what they are asked to do twice.
        var isIdempotent = request?.Method is not (V1.HttpMethod.Post or V1.HttpMethod.Patch);
        return isIdempotent || policy.RetryNonIdempotent
            ? new RetryPlan(
                policy.MaxAttempts,
                backoff ?? ContractLimits.DefaultInitialBackoff,
                statuses ?? StatusSet.Retryable,
                NeedsIdempotencyKey: !isIdempotent)
            : RetryPlan.Never;
    }

    private OutcomeRulePlan CompileRule(OutcomeRule rule, string field)
    {
        if (rule.Outcome == Outcome.Unspecified || !System.Enum.IsDefined(rule.Outcome))
            violations.Add($"{field}.outcome", "must be OUTCOME_SUCCESS, OUTCOME_FAILURE or OUTCOME_RETRY.");
        violations.CheckLimit($"{field}.message", rule.Message.Length, options.MaxMessageLength, "characters");
        return new OutcomeRulePlan(
            rule.Status.Length == 0 ? null : CompileStatuses([rule.Status], $"{field}.status"),
            rule.Filter.Length == 0 ? null : Parse(Condition.Parse, rule.Filter, $"{field}.filter"),
            rule.Outcome,
            rule.Message.Length == 0
                ? null
                : templates.Compile(rule.Message, $"{field}.message", TemplateKind.Message));
    }

    private ResultPlan CompileFields(IReadOnlyList<ResultField> results, string root, SampleKinds? sample)
    {
        violations.CheckLimit(root, results.Count, options.MaxResultFields, "fields");
        var fields = ImmutableArray.CreateBuilder<ResultFieldPlan>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < results.Count; i++)
        {
            var field = $"{root}[{i}]";
            VariableCompiler.CheckName(results[i].Variable, $"{field}.variable", options, violations);
            if (results[i].DefaultValue is { } value)
                CheckDefault(value, $"{field}.default_value");
            if (CompileSource(results[i], field, seen) is { } source)
                fields.Add(new ResultFieldPlan(
                    results[i].Variable,
                    source,
                    results[i].DefaultValue,
                    results[i].Required,
                    results[i].KeepNull,
                    results[i].Sensitive || isSensitive(results[i].Variable),
                    sample?.Of(source)));
            if (!seen.Add(results[i].Variable))
                violations.Add($"{field}.variable", $"names '{results[i].Variable}' a second time.");
        }

        return new ResultPlan(fields.ToImmutable());
    }

    /// <param name="earlier">The variables of the fields before this one.</param>
    private FieldSource? CompileSource(ResultField result, string field, HashSet<string> earlier)
    {
        string? from = null;
        if (result.Source.StartsWith(ResultSource, StringComparison.Ordinal))
        {
            from = result.Source[ResultSource.Length..];
            if (!earlier.Contains(from))
                violations.Add(
                    $"{field}.source", "must name the variable of an earlier field of the list after 'result:'.");
        }
        else if (result.Source.Length > 0)
        {
            if (result.JsonPath.Length > 0)
                violations.Add($"{field}.json_path", "must be empty beside this source.");
            if (result.Xpath.Length > 0)
                violations.Add($"{field}.xpath", "must be empty beside this source.");
            return CompileSource(result.Source, field);
        }

        if (result.Xpath.Length == 0)
            return Parse(JsonPath.Parse, result.JsonPath, $"{field}.json_path") is { } path
                ? new JsonSource(result.JsonPath, path, from)
                : null;
        if (result.JsonPath.Length > 0)
            violations.Add($"{field}.xpath", "must be empty beside a json_path.");
        return Parse(XPath.Parse, result.Xpath, $"{field}.xpath") is { } xpath ? new XmlSource(xpath, from) : null;
    }

    private FieldSource? CompileSource(string source, string field)
    {
        if (source.StartsWith(HeaderSource, StringComparison.Ordinal))
        {
            var header = source[HeaderSource.Length..];
            if (!HeaderRules.IsName(header))
                violations.Add($"{field}.source", "must name a header after 'header:', such as header:Location.");
            return new Response.HeaderSource(header);
        }

        switch (source)
        {
            case "status":
                return new StatusSource();
            case "text":
                return new TextSource();
            default:
                violations.Add(
                    $"{field}.source",
                    "must be empty, 'status', 'text', 'header:' with a header's name, or 'result:' with a variable.");
                return null;
        }
    }

    private void CheckDefault(Value value, string field)
    {
        foreach (var problem in ValueRules.ProblemsOf(value, options.MaxVariableBytes))
            violations.Add(field, problem);
        if (ValueRules.IsDeeperThan(value, ContractLimits.MaxVariableDepth))
            violations.Add(field, $"has more than {ContractLimits.MaxVariableDepth} levels of lists and objects.");
    }

    /// <summary>The shape has the fields of the body, without their values.</summary>
    private SampleKinds ReadLater(Sample sample)
    {
        var (shape, body, contentType) = (sample.Shape, sample.Body, sample.ContentType);
        var maxDepth = options.MaxJsonResponseDepth;
        return new SampleKinds(budget => shape.Length > 0
            ? new ResponseBody(Encoding.UTF8.GetBytes(shape), "", maxDepth, budget)
            : new ResponseBody(body.Memory, contentType, maxDepth, budget));
    }

    private StatusSet? CompileStatuses(IReadOnlyList<string> patterns, string field)
    {
        violations.CheckLimit(field, patterns.Count, options.MaxStatusPatterns, "patterns");
        var ranges = ImmutableArray.CreateBuilder<(int, int)>();
        for (var i = 0; i < patterns.Count; i++)
        {
            if (StatusSet.ParseRange(patterns[i]) is { } range)
                ranges.Add(range);
            else
                violations.Add(
                    field.EndsWith("status", StringComparison.Ordinal) ? field : $"{field}[{i}]",
                    "must be like \"2xx\", \"404\" or \"200-299\", within 100 to 599.");
        }

        return ranges.Count == 0 ? null : new StatusSet(ranges.ToImmutable());
    }

    private T? Parse<T>(Func<string, T> parse, string text, string field)
        where T : class
    {
        if (text.Length > options.MaxJsonPathLength)
        {
            violations.CheckLimit(field, text.Length, options.MaxJsonPathLength, "characters");
            return null;
        }

        try
        {
            return parse(text);
        }
        catch (SyntaxException e)
        {
            violations.Add(field, $"{e.Message}.");
            return null;
        }
    }
}
