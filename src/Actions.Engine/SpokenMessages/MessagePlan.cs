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
    /// <summary>Not null: the threshold is automatic, from <see cref="DelayThreshold"/> up to this.</summary>
    public TimeSpan? LongestThreshold { get; init; }

    public IEnumerable<string> Names =>
        Start.Names.Concat(Delay.Names).Concat(Failure.Names).Concat(FailureByReason.Values.SelectMany(message => message.Names));

    /// <param name="slow">How long a slow execution takes. Null: not known yet.</param>
    /// <returns>When the first Delay is due. Null: there is none.</returns>
    public TimeSpan? ThresholdFor(TimeSpan? slow) => (DelayThreshold, LongestThreshold, slow) switch
    {
        ({ } shortest, { } longest, { } known) => known < shortest ? shortest : known > longest ? longest : known,
        _ => DelayThreshold,
    };

    /// <exception cref="InvalidFieldsException">The variables make a message too long.</exception>
    public SpokenTexts Render(VariableValues variables, EngineOptions options)
    {
        var texts = new SpokenTexts(this, variables, options.MaxRenderedMessageLength);
        var violations = new Violations();
        if (!SpeakNaturally)
        {
            texts.Check(Start, "start", violations);
            texts.Check(Delay, "delay", violations);
        }

        texts.Check(Failure, "failure", violations);
        foreach (var (reason, message) in FailureByReason)
            texts.Check(message, $"{reason} failure", violations);
        violations.ThrowIfAny();
        return texts;
    }
}

/// <summary>The messages of one execution. Each is rendered when it is said: hardly an execution fails or is
/// slow.</summary>
internal sealed class SpokenTexts(MessagePlan plan, VariableValues variables, int limit)
{
    public string Start => plan.SpeakNaturally ? "" : Text(plan.Start);

    public string Delay => plan.SpeakNaturally ? "" : Text(plan.Delay);

    public string For(FailureReason reason) => Text(plan.FailureByReason.GetValueOrDefault(reason, plan.Failure));

    /// <summary>Adds a violation if the message is too long. Hardly any has to be rendered to know.</summary>
    public void Check(Template template, string name, Violations violations)
    {
        if (template.LongestText(variables) > limit && Text(template).Length > limit)
            violations.Add("variables", $"make the {name} message longer than {limit} characters.");
    }

    private string Text(Template template) => ControlCharacters.ReplaceC1(template.Render(variables, limit));
}
