using Actions.Engine.Compilation;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Response;
using Actions.Engine.Variables;
using Actions.V1;

namespace Actions.Engine;

/// <summary>
/// Compiles an <see cref="ActionConfig"/> to an <see cref="ActionPlan"/>, or lists every violation. Both saving and
/// executing an action compile it, so a stored action can always be executed.
/// </summary>
public sealed class ActionCompiler(EngineOptions options, SsrfGuard guard)
{
    private readonly EngineOptions _options = options;

    /// <param name="root">The path of the request's field with the configuration, e.g. <c>action_config</c>.</param>
    /// <exception cref="InvalidFieldsException">The configuration is invalid: every violation with its field's
    /// path.</exception>
    public ActionPlan Compile(ActionConfig config, string root) => Compile(config, root, guard.Check, isSaved: true);

    /// <summary>
    /// Compiles a stored action without checking its URLs, its texts for what isn't quite a placeholder, a pasted token
    /// or allowed values of another type. If the settings have come to refuse a URL, the action stays valid and its
    /// executions fail.
    /// </summary>
    /// <exception cref="InvalidFieldsException">Other limits have changed since the action was saved.</exception>
    public ActionPlan CompileStored(ActionConfig config, string root) =>
        Compile(config, root, static _ => null, isSaved: false);

    private ActionPlan Compile(ActionConfig config, string root, Func<Uri, string?> checkUrl, bool isSaved)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var violations = new Violations(root);
        CheckTexts(config, violations);
        CheckConversation(config, violations);
        var variables = new VariableCompiler(_options, isSaved, violations).Compile(config.Variables);
        var authentication = new AuthenticationCompiler(_options, checkUrl, isSaved, violations)
            .Compile(config.Authentication);
        var declared = variables.Keys
            .Concat(config.Results.Concat(config.ErrorFields).Select(field => field.Variable))
            .ToHashSet(StringComparer.Ordinal);
        var templates = new TemplateCompiler(declared.Contains, isSaved, violations);
        var request = new RequestCompiler(_options, checkUrl, templates, violations)
            .Compile(config.Request, authentication);
        var messages = new MessageCompiler(_options, templates, violations).Compile(config.Messages ?? new Messages());
        var response = new ResponseCompiler(
            _options, templates, name => variables.GetValueOrDefault(name) is { Sensitive: true }, violations);
        var policy = response.CompilePolicy(config.ResponsePolicy ?? new ResponsePolicy());
        var results = response.CompileResults(config.Results, config.Sample, policy);
        var errorFields = response.CompileErrorFields(config.ErrorFields);
        var retry = response.CompileRetry(config.RetryPolicy, config.Request);
        foreach (var name in request?.Url.NamesInPath ?? [])
        {
            var variable = Reference.Resolve(name, variables.ContainsKey).Variable;
            if (variables.GetValueOrDefault(variable) is { Optional: true })
                violations.Add(
                    "request.url",
                    $"has the optional variable '{variable}' in its path, where it can't be left out; "
                    + "put it into the query, or don't mark it optional.");
        }

        violations.ThrowIfAny();

        // An outcome rule's message may use the fields of the response. All other variables need a value before the
        // request is sent.
        var fields = results.Variables.Concat(errorFields.Variables).ToHashSet(StringComparer.Ordinal);
        var said = policy.Rules.SelectMany(rule => rule.Message?.Names ?? [])
            .Where(reference => !fields.Contains(
                Reference.Resolve(reference, name => fields.Contains(name) || variables.ContainsKey(name)).Variable));
        var binder = new VariableBinder(variables, request!.Names.Concat(messages.Names).Concat(said), _options);
        // A call that passes more is refused.
        violations.CheckLimit(
            "variables",
            binder.Names.Count(
                name => variables.GetValueOrDefault(name) is not ({ Optional: true } or { Default: not null })),
            _options.MaxVariables,
            "variables that a call must pass");
        violations.ThrowIfAny();
        return new ActionPlan(
            config,
            new ActionParts(
                binder, request, messages, authentication, retry, new ActionReading(policy, results, errorFields)),
            GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    private static void CheckConversation(ActionConfig config, Violations violations)
    {
        if (!Enum.IsDefined(config.Duplicates))
            violations.Add("duplicates", "isn't known; use a value of Duplicates.");
        if (!Enum.IsDefined(config.OnUnknownOutcome))
            violations.Add("on_unknown_outcome", "isn't known; use a value of UnknownOutcome.");
        if (!Enum.IsDefined(config.OnInterruption))
            violations.Add("on_interruption", "isn't known; use a value of OnInterruption.");
    }

    private void CheckTexts(ActionConfig config, Violations violations)
    {
        // Unicode code points: an emoji counts as one character.
        var nameLength = config.Name.EnumerateRunes().Count();
        if (nameLength is 0 or > ContractLimits.MaxNameLength)
            violations.Add("name", $"must have 1 to {ContractLimits.MaxNameLength} characters.");
        if (config.Name != config.Name.Trim() || config.Name.Any(char.IsControl))
            violations.Add("name", "must not contain control characters, or begin or end with white space.");
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
}
