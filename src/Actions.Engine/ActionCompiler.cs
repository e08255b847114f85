using System.Collections.Immutable;
using Actions.Engine.Compilation;
using Actions.Engine.Extraction;
using Actions.Engine.Outbound;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine;

/// <summary>
/// Makes an <see cref="ActionPlan"/> of an <see cref="ActionConfig"/>, or names everything that is wrong with it.
/// Saving an action and executing it compile it here: what is stored can be run.
/// </summary>
public sealed class ActionCompiler(EngineOptions options)
{
    private readonly EngineOptions _options = options;

    /// <param name="config">What the user wrote.</param>
    /// <param name="root">The request's field that holds it, e.g. <c>action_config</c>.</param>
    /// <exception cref="InvalidFieldsException">Every violation with its field's path.</exception>
    public ActionPlan Compile(ActionConfig config, string root)
    {
        var violations = new Violations(root);
        CheckTexts(config, violations);
        RefuseWhatIsNotSupportedYet(config, violations);

        var variables = new VariableCompiler(_options, violations).Compile(config.Variables);
        var request = new RequestCompiler(_options, violations).Compile(config.Request);
        var messages = CompileMessages(config.Messages ?? new Messages(), violations);
        var response = CompileResponse(config.ResponsePolicy ?? new ResponsePolicy(), violations);
        var results = CompileResults(config.Results, violations);
        violations.ThrowIfAny();

        var binder = new VariableBinder(variables, request!.Names.Concat(messages.Names), _options);
        return new ActionPlan(config, binder, request, messages, response, results);
    }

    private void CheckTexts(ActionConfig config, Violations violations)
    {
        // Characters as people count them: an emoji is one.
        var nameLength = config.Name.EnumerateRunes().Count();
        if (nameLength is 0 or > ContractLimits.MaxNameLength)
            violations.Add("name", $"must have 1 to {ContractLimits.MaxNameLength} characters.");
        if (config.Name != config.Name.Trim() || config.Name.Any(char.IsControl))
            violations.Add("name", "must not hold control characters, nor white space at its ends.");
        violations.CheckLimit(
            "description", config.Description.EnumerateRunes().Count(), ContractLimits.MaxDescriptionLength, "characters");

        violations.CheckLimit("labels", config.Labels.Count, _options.MaxLabels, "labels");
        foreach (var (key, value) in config.Labels)
        {
            if (key.Length is 0 or > ContractLimits.MaxLabelKeyLength)
                violations.Add($"labels[\"{key}\"]", $"must have a key of 1 to {ContractLimits.MaxLabelKeyLength} characters.");
            violations.CheckLimit($"labels[\"{key}\"]", value.Length, ContractLimits.MaxLabelValueLength, "characters");
        }
    }

    private static void RefuseWhatIsNotSupportedYet(ActionConfig config, Violations violations)
    {
        if (config.Authentication is not null)
            violations.Add("authentication", "is not supported by this version yet; leave it unset.");
        if (config.RetryPolicy is not null)
            violations.Add("retry_policy", "is not supported by this version yet; leave it unset: one attempt is made.");
        if (config.ResponsePolicy is { MaxRedirects: not 0 })
            violations.Add("response_policy.max_redirects", "is not supported by this version yet; leave it unset: none is followed.");
    }

    private MessagePlan CompileMessages(Messages messages, Violations violations)
    {
        foreach (var (field, text) in new[]
        {
            ("start_message", messages.StartMessage),
            ("delay_message", messages.DelayMessage),
            ("failure_message", messages.FailureMessage),
        })
            violations.CheckLimit($"messages.{field}", text.Length, _options.MaxMessageLength, "characters");

        var threshold = Durations.Read(
            messages.DelayThreshold, "messages.delay_threshold", TimeSpan.FromMilliseconds(1), ContractLimits.MaxTimeout, violations);
        var repeat = Durations.Read(
            messages.DelayRepeatInterval, "messages.delay_repeat_interval",
            ContractLimits.MinDelayRepeatInterval, ContractLimits.MaxTimeout, violations);
        if (threshold is null && messages.DelayMessage.Length > 0)
            threshold = ContractLimits.DefaultDelayThreshold;
        if (threshold is null && repeat is not null)
            violations.Add("messages.delay_repeat_interval", "needs a delay_message or a delay_threshold.");

        return new MessagePlan(
            messages.SpeakNaturally,
            Template.Parse(messages.StartMessage),
            Template.Parse(messages.DelayMessage),
            Template.Parse(messages.FailureMessage),
            threshold,
            repeat);
    }

    private static ResponsePlan CompileResponse(ResponsePolicy policy, Violations violations)
    {
        var statuses = ImmutableArray.CreateBuilder<(int, int)>();
        violations.CheckLimit("response_policy.success_statuses", policy.SuccessStatuses.Count, 100, "patterns");
        for (var i = 0; i < policy.SuccessStatuses.Count; i++)
        {
            if (StatusSet.ParseRange(policy.SuccessStatuses[i]) is { } range)
                statuses.Add(range);
            else
                violations.Add(
                    $"response_policy.success_statuses[{i}]", "must be like \"2xx\", \"404\" or \"200-299\", within 100 to 599.");
        }

        if (policy.MaxBodyBytes is < 0 or > ContractLimits.MaxResponseBodyBytes)
            violations.Add("response_policy.max_body_bytes", $"must be 1 to {ContractLimits.MaxResponseBodyBytes}, or 0 for the default.");
        return new ResponsePlan(
            statuses.Count == 0 ? StatusSet.Successful : new StatusSet(statuses.ToImmutable()),
            policy.MaxBodyBytes == 0 ? ContractLimits.DefaultResponseBodyBytes : policy.MaxBodyBytes);
    }

    private ResultPlan CompileResults(IReadOnlyList<ResultField> results, Violations violations)
    {
        violations.CheckLimit("results", results.Count, _options.MaxResultFields, "fields");
        var fields = ImmutableArray.CreateBuilder<ResultFieldPlan>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < results.Count; i++)
        {
            var result = results[i];
            var field = $"results[{i}]";
            VariableCompiler.CheckName(result.Variable, $"{field}.variable", _options, violations);
            if (!seen.Add(result.Variable))
                violations.Add($"{field}.variable", $"names '{result.Variable}' a second time.");
            if (result.DefaultValue is not null)
                CheckDefault(result.DefaultValue, $"{field}.default_value", violations);
            if (result.JsonPath.Length > _options.MaxJsonPathLength)
                violations.CheckLimit($"{field}.json_path", result.JsonPath.Length, _options.MaxJsonPathLength, "characters");
            else if (CompilePath(result.JsonPath, $"{field}.json_path", violations) is { } path)
                fields.Add(new ResultFieldPlan(result.Variable, result.JsonPath, path, result.DefaultValue, result.Required));
        }

        return new ResultPlan(fields.ToImmutable());
    }

    private void CheckDefault(Value value, string field, Violations violations)
    {
        violations.CheckLimit(field, value.CalculateSize(), _options.MaxVariableBytes, "bytes");
        if (JsonValue.HasNonFiniteNumber(value))
            violations.Add(field, "holds a number that JSON doesn't know (NaN or an infinity).");
        if (JsonValue.IsDeeperThan(value, ContractLimits.MaxVariableDepth))
            violations.Add(field, $"has more than {ContractLimits.MaxVariableDepth} levels of lists and objects.");
    }

    private static JsonPath? CompilePath(string text, string field, Violations violations)
    {
        try
        {
            return JsonPath.Parse(text);
        }
        catch (FormatException e)
        {
            violations.Add(field, $"{e.Message}.");
            return null;
        }
    }
}
