using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Actions.Engine.Extraction.Paths;
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
internal sealed class ResponseCompiler(EngineOptions options, TemplateCompiler templates, Violations violations)
{
    // For the whole sample: many fields on a large sample must not multiply the work of a save or a load.
    private readonly WorkBudget _sampleBudget = new();

    private const string HeaderSource = "header:";

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
        violations.CheckLimit("results", results.Count, options.MaxResultFields, "fields");
        using var json = ParseSample(sample, policy);
        var fields = ImmutableArray.CreateBuilder<ResultFieldPlan>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < results.Count; i++)
        {
            var field = $"results[{i}]";
            VariableCompiler.CheckName(results[i].Variable, $"{field}.variable", options, violations);
            if (!seen.Add(results[i].Variable))
                violations.Add($"{field}.variable", $"names '{results[i].Variable}' a second time.");
            if (results[i].DefaultValue is { } value)
                CheckDefault(value, $"{field}.default_value");
            if (CompileResult(results[i], field, json?.RootElement) is { } plan)
                fields.Add(plan);
        }

        return new ResultPlan(fields.ToImmutable());
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

    private ResultFieldPlan? CompileResult(ResultField result, string field, JsonElement? sample)
    {
        JsonPath? path = null;
        string? header = null;
        if (result.Source.Length == 0)
        {
            path = Parse(JsonPath.Parse, result.JsonPath, $"{field}.json_path");
            if (path is null)
                return null;
        }
        else if (result.JsonPath.Length > 0)
        {
            violations.Add($"{field}.json_path", "must be empty beside a source.");
        }
        else if (result.Source.StartsWith(HeaderSource, StringComparison.Ordinal))
        {
            header = result.Source[HeaderSource.Length..];
            if (!HeaderRules.IsName(header))
                violations.Add($"{field}.source", "must name a header after 'header:', such as header:Location.");
        }
        else if (result.Source != "status")
        {
            violations.Add($"{field}.source", "must be empty, 'status' or 'header:' with a header's name.");
        }

        var kind = path is not null && sample is { } root ? SampleKind(path, root) : null;
        return new ResultFieldPlan(
            result.Variable,
            path is null ? result.Source : result.JsonPath,
            path,
            header,
            result.DefaultValue,
            result.Required,
            kind);
    }

    private void CheckDefault(Value value, string field)
    {
        foreach (var problem in ValueRules.ProblemsOf(value, options.MaxVariableBytes))
            violations.Add(field, problem);
        if (ValueRules.IsDeeperThan(value, ContractLimits.MaxVariableDepth))
            violations.Add(field, $"has more than {ContractLimits.MaxVariableDepth} levels of lists and objects.");
    }

    private JsonValueKind? SampleKind(JsonPath path, JsonElement sample)
    {
        try
        {
            return ResultFieldPlan.KindOf(path, sample, _sampleBudget);
        }
        catch (SyntaxException)
        {
            return null;
        }
    }

    /// <summary>Only a sample of a successful response describes later ones.</summary>
    private JsonDocument? ParseSample(Sample? sample, ResponsePlan policy) =>
        sample is { BodyTruncated: false } && policy.SuccessStatuses.Contains(sample.StatusCode)
            ? sample.Shape.Length > 0
                ? ResponseJson.TryParse(Encoding.UTF8.GetBytes(sample.Shape), "application/json", wanted: true, options.MaxJsonResponseDepth, out _)
                : ResponseJson.TryParse(sample.Body.Memory, sample.ContentType, wanted: true, options.MaxJsonResponseDepth, out _)
            : null;

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
