using System.Collections.Immutable;
using Actions.Engine.Extraction;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outbound.Authentication;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using Actions.V1;

namespace Actions.Engine;

/// <summary>
/// An action ready to run: immutable, everything parsed and checked. Made by <see cref="ActionCompiler"/> only. Holds the
/// action's secrets in the clear.
/// </summary>
public sealed class ActionPlan
{
    internal ActionPlan(ActionConfig config, ActionParts parts)
    {
        Id = config.Id;
        Name = config.Name;
        Disabled = config.Disabled;
        Parts = parts;
    }

    /// <summary>Empty for a draft.</summary>
    public string Id { get; }

    public string Name { get; }

    /// <summary>Kept, but refuses to execute.</summary>
    public bool Disabled { get; }

    internal ActionParts Parts { get; }
}

/// <summary>What a plan is made of, in the order in which an execution needs it.</summary>
/// <param name="Authentication">Null: the API needs none.</param>
/// <param name="Variables">Step 1.</param>
/// <param name="Request">Step 2.</param>
/// <param name="Messages">Step 2.</param>
/// <param name="Retry">Step 5.</param>
/// <param name="Response">Steps 6 and 7.</param>
/// <param name="Results">Step 8.</param>
internal sealed record ActionParts(
    VariableBinder Variables,
    RequestPlan Request,
    MessagePlan Messages,
    AuthenticationPlan? Authentication,
    RetryPlan Retry,
    ResponsePlan Response,
    ResultPlan Results);

/// <summary>What is said while the call is in flight.</summary>
/// <param name="SpeakNaturally">Start and delay carry no text.</param>
/// <param name="Start">Said before the API is called.</param>
/// <param name="Delay">Said when it takes longer than the threshold.</param>
/// <param name="Failure">Said when it fails.</param>
/// <param name="FailureByReason">Said instead for some reasons.</param>
/// <param name="DelayThreshold">Null: no delay is ever reported.</param>
/// <param name="DelayRepeatInterval">Null: reported once.</param>
internal sealed record MessagePlan(
    bool SpeakNaturally,
    Template Start,
    Template Delay,
    Template Failure,
    ImmutableDictionary<FailureReason, Template> FailureByReason,
    TimeSpan? DelayThreshold,
    TimeSpan? DelayRepeatInterval)
{
    public IEnumerable<string> Names =>
        Start.Names.Concat(Delay.Names).Concat(Failure.Names).Concat(FailureByReason.Values.SelectMany(message => message.Names));

    /// <exception cref="InvalidFieldsException">The variables make one of them too long.</exception>
    public SpokenTexts Render(VariableValues variables, EngineOptions options)
    {
        var violations = new Violations();
        string Text(Template template, string name)
        {
            var text = template.Render(variables, options.MaxRenderedMessageLength);
            if (text.Length > options.MaxRenderedMessageLength)
                violations.Add("variables", $"make the {name} message longer than {options.MaxRenderedMessageLength} characters.");
            return text;
        }

        var texts = new SpokenTexts(
            SpeakNaturally ? "" : Text(Start, "start"),
            SpeakNaturally ? "" : Text(Delay, "delay"),
            Text(Failure, "failure"),
            FailureByReason.ToImmutableDictionary(pair => pair.Key, pair => Text(pair.Value, $"{pair.Key} failure")));
        violations.ThrowIfAny();
        return texts;
    }
}

/// <summary>The messages of one execution.</summary>
internal sealed record SpokenTexts(
    string Start, string Delay, string Failure, ImmutableDictionary<FailureReason, string> FailureByReason)
{
    public string For(FailureReason reason) => FailureByReason.GetValueOrDefault(reason, Failure);
}

/// <summary>What counts as success and how much of an answer is read.</summary>
/// <param name="Rules">Asked in order, before the statuses.</param>
/// <param name="SuccessStatuses">Those that count as success where no rule fits.</param>
/// <param name="MaxBodyBytes">A longer body is a failure.</param>
/// <param name="MaxRedirects">How many are followed; 0: a redirect is an answer like any other.</param>
internal sealed record ResponsePlan(
    ImmutableArray<OutcomeRulePlan> Rules, StatusSet SuccessStatuses, int MaxBodyBytes, int MaxRedirects);

/// <summary>How the request is made.</summary>
/// <param name="Timeout">From the beginning of an execution to the last byte read.</param>
/// <param name="Method">One of the contract's five.</param>
/// <param name="Url">Where.</param>
/// <param name="QueryParameters">Appended to the URL's own query.</param>
/// <param name="Headers">Hand-written ones.</param>
/// <param name="Body">Null: none.</param>
internal sealed record RequestPlan(
    TimeSpan Timeout,
    System.Net.Http.HttpMethod Method,
    UrlTemplate Url,
    ImmutableArray<NamedTemplate> QueryParameters,
    ImmutableArray<NamedTemplate> Headers,
    BodyPlan? Body)
{
    /// <summary>Whether a hand-written header names every attempt the same.</summary>
    public bool StatesIdempotencyKey { get; } = Headers.Any(header => HeaderRules.IsIdempotencyKey(header.Name));

    public IEnumerable<string> Names => Url.Names
        .Concat(QueryParameters.SelectMany(parameter => parameter.Value.Names))
        .Concat(Headers.SelectMany(header => header.Value.Names))
        .Concat(Body?.Names ?? []);
}

/// <summary>A fixed name with a template as value.</summary>
internal readonly record struct NamedTemplate(string Name, Template Value);
