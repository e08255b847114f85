using Actions.Engine.Executions;
using Actions.V1;

namespace Actions.Engine;

/// <summary>
/// A compiled action: immutable, parsed and checked. Only <see cref="ActionCompiler"/> creates it. Contains the
/// action's secrets in plain text.
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

    /// <summary>The action's name; empty for a draft.</summary>
    public string Id { get; }

    public string Name { get; }

    /// <summary>The action is stored but must not be executed.</summary>
    public bool Disabled { get; }

    internal ActionParts Parts { get; }
}
