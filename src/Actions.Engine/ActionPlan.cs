using Actions.Engine.Executions;
using Actions.V1;

namespace Actions.Engine;

/// <summary>
/// An action ready to run: immutable, everything parsed and checked. Made by <see cref="ActionCompiler"/> only. Holds
/// the
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
