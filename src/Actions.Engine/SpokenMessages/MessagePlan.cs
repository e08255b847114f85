using System.Collections.Immutable;
using Actions.Engine.Decoding;
using Actions.Engine.Limits;
using Actions.Engine.Templates;
using Actions.Engine.Variables;
using Actions.V1;

namespace Actions.Engine.SpokenMessages;

/// <summary>The templates of the messages for the caller on the phone.</summary>
/// <param name="SpeakNaturally">Start and Delay events carry no text.</param>
/// <param name="Start">Spoken before the API is called.</param>
/// <param name="Delay">Spoken when the call takes longer than the threshold.</param>
/// <param name="Failure">Spoken when the execution fails.</param>
/// <param name="FailureByReason">Spoken instead of Failure for certain reasons.</param>
/// <param name="DelayThreshold">Null: no Delay is ever emitted.</param>
/// <param name="DelayRepeatInterval">Null: Delay is emitted once.</param>
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

    /// <exception cref="InvalidFieldsException">The variables make a message too long.</exception>
    public SpokenTexts Render(VariableValues variables, EngineOptions options)
    {
        var violations = new Violations();
        string Text(Template template, string name)
        {
            var text = ControlCharacters.ReplaceC1(template.Render(variables, options.MaxRenderedMessageLength));
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

/// <summary>The rendered messages of one execution.</summary>
internal sealed record SpokenTexts(
    string Start, string Delay, string Failure, ImmutableDictionary<FailureReason, string> FailureByReason)
{
    public string For(FailureReason reason) => FailureByReason.GetValueOrDefault(reason, Failure);
}
