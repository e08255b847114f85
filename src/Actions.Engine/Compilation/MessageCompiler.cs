using System.Collections.Immutable;
using Actions.Engine.Limits;
using Actions.Engine.SpokenMessages;
using Actions.Engine.Templates;
using Actions.V1;
using Google.Protobuf.Reflection;

namespace Actions.Engine.Compilation;

/// <summary>Compiles <see cref="ActionConfig.Messages"/>: what the voice engine says while the request is in flight,
/// and after it.</summary>
internal sealed class MessageCompiler(EngineOptions options, TemplateCompiler templates, Violations violations)
{
    private static readonly EnumDescriptor Reasons =
        Failure.Descriptor.FindFieldByNumber(Failure.ReasonFieldNumber).EnumType;

    public MessagePlan Compile(Messages messages)
    {
        var threshold = Durations.Read(
            messages.DelayThreshold, "messages.delay_threshold", TimeSpan.FromMilliseconds(1), ContractLimits.MaxTimeout, violations);
        var repeat = Durations.Read(
            messages.DelayRepeatInterval, "messages.delay_repeat_interval",
            ContractLimits.MinDelayRepeatInterval, ContractLimits.MaxTimeout, violations);
        var automatic = CompileAutomatic(messages);
        threshold ??= automatic?.Shortest;
        if (threshold is null && messages.DelayMessage.Length > 0)
            threshold = ContractLimits.DefaultDelayThreshold;
        if (threshold is null && repeat is not null && messages.AutomaticDelay is null)
            violations.Add(
                "messages.delay_repeat_interval", "needs a delay_message or a delay_threshold, or an automatic_delay.");

        return new MessagePlan(
            messages.SpeakNaturally,
            Parse(messages.StartMessage, "start_message"),
            Parse(messages.DelayMessage, "delay_message"),
            Parse(messages.FailureMessage, "failure_message"),
            CompileFailures(messages.FailureMessages),
            threshold,
            repeat)
        {
            LongestThreshold = automatic?.Longest,
        };
    }

    private (TimeSpan Shortest, TimeSpan Longest)? CompileAutomatic(Messages messages)
    {
        if (messages.AutomaticDelay is not { } automatic)
            return null;
        if (messages.DelayThreshold is not null)
            violations.Add("messages.automatic_delay", "takes the place of delay_threshold; set only one of them.");
        // A Delay without words is of use to a client that plays a sound, but that client chooses its time itself.
        if (messages.DelayMessage.Length == 0 && !messages.SpeakNaturally)
            violations.Add("messages.automatic_delay", "needs a delay_message or speak_naturally.");
        var shortest = Durations.Read(
            automatic.Min, "messages.automatic_delay.min",
            ContractLimits.ShortestAutomaticDelay, ContractLimits.MaxTimeout, violations)
            ?? ContractLimits.DefaultAutomaticDelayMin;
        var longest = Durations.Read(
            automatic.Max, "messages.automatic_delay.max", shortest, ContractLimits.MaxTimeout, violations);
        // Unset: whoever sets a long minimum alone means that one.
        var usual = ContractLimits.DefaultAutomaticDelayMax;
        return (shortest, longest ?? (shortest > usual ? shortest : usual));
    }

    private ImmutableDictionary<FailureReason, Template> CompileFailures(IReadOnlyDictionary<string, string> failures)
    {
        var templates = ImmutableDictionary.CreateBuilder<FailureReason, Template>();
        foreach (var (name, message) in failures)
        {
            var field = $"failure_messages[\"{name}\"]";
            if (Reasons.FindValueByName(name) is { Number: not 0 } reason)
                templates.Add((FailureReason)reason.Number, Parse(message, field));
            else
                violations.Add($"messages.{field}", "must have a failure reason's name as its key, such as FAILURE_REASON_TIMEOUT.");
        }

        return templates.ToImmutable();
    }

    private Template Parse(string text, string field)
    {
        violations.CheckLimit($"messages.{field}", text.Length, options.MaxMessageLength, "characters");
        return templates.Compile(text, $"messages.{field}", TemplateKind.Message);
    }
}
