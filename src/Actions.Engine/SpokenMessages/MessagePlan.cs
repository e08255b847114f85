using System.Collections.Immutable;
using Actions.Engine.Limits;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using Actions.V1;

namespace Actions.Engine.SpokenMessages;

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
