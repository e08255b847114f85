namespace Actions.Server;

/// <summary>The workspace has no action of that name.</summary>
internal sealed class ActionNameNotFoundException(string name) : Exception($"There is no action named '{name}'.")
{
    public string Name { get; } = name;
}

/// <summary>The action is kept, but refuses to execute.</summary>
internal sealed class ActionDisabledException(string id) : Exception($"The action '{id}' is disabled.")
{
    public string Id { get; } = id;
}
