using Actions.V1;

namespace Actions.Server.Catalog;

/// <summary>The variables of a workspace's actions, sorted by name, origin and action.</summary>
internal sealed class VariableIndex
{
    private readonly Dictionary<string, ActionVariables> _actions;

    public VariableIndex(IReadOnlyCollection<ActionVariables> actions)
    {
        _actions = actions.ToDictionary(action => action.Id);
        var results = actions.SelectMany(action => action.Own)
            .Where(variable => variable.Origin == VariableOrigin.Result).Select(variable => variable.Name).ToHashSet();
        Variables = [.. actions.SelectMany(action => action.Own.Concat(FromTheEngine(action, results)))
            .OrderBy(variable => variable.Name, StringComparer.Ordinal)
            .ThenBy(variable => variable.Origin)
            .ThenBy(variable => variable.ActionId, StringComparer.Ordinal)];
    }

    public IReadOnlyList<KnownVariable> Variables { get; }

    /// <returns>Null: there is no such action.</returns>
    public ActionVariables? Find(string actionId) => _actions.GetValueOrDefault(actionId);

    private static IEnumerable<KnownVariable> FromTheEngine(ActionVariables action, HashSet<string> results) =>
        action.Undeclared.Where(names => !names.Any(results.Contains))
            .Select(names => names[0]).Distinct()
            .Select(name => new KnownVariable
            {
                Name = name,
                Origin = VariableOrigin.Engine,
                ActionId = action.Id,
                ActionName = action.Name,
            });
}
