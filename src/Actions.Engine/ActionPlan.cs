using Actions.Engine.Executions;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine;

/// <summary>
/// A compiled action: immutable, parsed and checked. Only <see cref="ActionCompiler"/> creates it. Contains the
/// action's secrets in plain text.
/// </summary>
public sealed class ActionPlan
{
    // Of what the compiler allocates, a seventh to an eighteenth stays, measured on small actions, on thousands of
    // placeholders and on long texts.
    private const int AllocatedPerKept = 8;

    // The plan also keeps the texts of the message, and its sample until the first response is compared with it.
    private const int KeptPerByte = 4;

    /// <param name="compiledBytes">What the compiler allocated.</param>
    internal ActionPlan(ActionConfig config, ActionParts parts, long compiledBytes)
    {
        Id = config.Id;
        Name = config.Name;
        Revision = config.Etag;
        Disabled = config.Disabled;
        RecordsContent = config.RecordContent;
        Conversation = ConversationPlan.Of(config);
        Parts = parts;
        SensitiveResults = parts.Reading.Sensitive;
        Bytes = (compiledBytes / AllocatedPerKept) + (KeptPerByte * config.CalculateSize());
    }

    /// <summary>The action's name; empty for a draft.</summary>
    public string Id { get; }

    public string Name { get; }

    /// <summary>The etag of the stored action; empty for a draft.</summary>
    public string Revision { get; }

    /// <summary>From the start of an execution to the last byte read.</summary>
    public TimeSpan Timeout => Parts.Request.Timeout;

    /// <summary>What a conversation may repeat, and what an interruption ends.</summary>
    public ConversationPlan Conversation { get; }

    /// <summary>The action is stored but must not be executed.</summary>
    public bool Disabled { get; }

    /// <summary>The history may keep what was said and sent.</summary>
    public bool RecordsContent { get; }

    /// <summary>
    /// An estimate of the memory that the plan takes, rather too high. Counted while it was compiled, because a few
    /// bytes of an action may be many parts of a plan.
    /// </summary>
    public long Bytes { get; }

    /// <summary>The result and error fields whose values are told and kept, and never shown.</summary>
    public IReadOnlySet<string> SensitiveResults { get; }

    /// <summary>What the templates need that the action neither declares nor results in: for each, the names that may
    /// be meant, the first one unless another exists.</summary>
    public IEnumerable<IReadOnlyList<string>> Undeclared => Parts.Variables.Undeclared;

    /// <summary>The types of the results' values in the action's sample, as far as they are known.</summary>
    public IEnumerable<KeyValuePair<string, VariableType>> ExampleTypes => Parts.Results.ExampleTypes;

    internal ActionParts Parts { get; }

    /// <summary>Of this version of the action, since it was compiled.</summary>
    internal RecentDurations Recent { get; } = new();

    /// <summary>The variables that the action needs or takes and that the request has no value for: a call may remember
    /// them. Empty for most executions.</summary>
    /// <param name="given">The request's.</param>
    public IReadOnlyCollection<string> WantedFromMemory(IReadOnlyDictionary<string, Value> given) =>
        Parts.Variables.Lacking(given);
}
