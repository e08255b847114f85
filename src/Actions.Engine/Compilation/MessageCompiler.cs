using System.Collections.Immutable;
using Actions.Engine.Templates;
using Actions.V1;

namespace Actions.Engine.Compilation;

/// <summary>Step 5 of a configuration: what is said while the call is in flight.</summary>
internal sealed class MessageCompiler(EngineOptions options, Violations violations)
{
    public MessagePlan Compile(Messages messages)
    {
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
            Parse(messages.StartMessage, "start_message"),
            Parse(messages.DelayMessage, "delay_message"),
            Parse(messages.FailureMessage, "failure_message"),
            CompileFailures(messages.FailureMessages),
            threshold,
            repeat);
    }

    private ImmutableDictionary<FailureReason, Template> CompileFailures(IReadOnlyList<FailureMessage> failures)
    {
        var templates = ImmutableDictionary.CreateBuilder<FailureReason, Template>();
        for (var i = 0; i < failures.Count; i++)
        {
            var field = $"failure_messages[{i}]";
            var reason = failures[i].Reason;
            if (reason == FailureReason.Unspecified || !Enum.IsDefined(reason))
                violations.Add($"messages.{field}.reason", "must be one of the failure reasons.");
            else if (!templates.TryAdd(reason, Parse(failures[i].Message, $"{field}.message")))
                violations.Add($"messages.{field}.reason", "has a message already.");
        }

        return templates.ToImmutable();
    }

    private Template Parse(string text, string field)
    {
        violations.CheckLimit($"messages.{field}", text.Length, options.MaxMessageLength, "characters");
        return Template.Parse(text);
    }
}
