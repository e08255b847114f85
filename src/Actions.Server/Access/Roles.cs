using Actions.V1;

namespace Actions.Server.Access;

/// <summary>The names of the roles, and the role that each method needs.</summary>
internal static class Roles
{
    // By service. A method of any other service can't be called; a test checks every method.
    private static readonly Dictionary<string, Role> Needed = new(StringComparer.Ordinal)
    {
        ["/actions.v1.ActionService/"] = Role.Engine,
        ["/actions.v1.ActionConfigService/"] = Role.Editor,
        ["/actions.v1.ExecutionService/"] = Role.Editor,
        ["/actions.v1.ApiKeyService/"] = Role.Admin,
    };

    /// <param name="method">E.g. <c>/actions.v1.ActionService/Execute</c>.</param>
    /// <returns>Null: no client may call it.</returns>
    public static Role? NeededFor(string method) =>
        Needed.GetAlternateLookup<ReadOnlySpan<char>>()
            .TryGetValue(method.AsSpan(0, method.LastIndexOf('/') + 1), out var role) ? role : null;

    /// <returns><see cref="Role.Unspecified"/> for anything but the three names.</returns>
    public static Role Parse(string name) => name switch
    {
        "engine" => Role.Engine,
        "editor" => Role.Editor,
        "admin" => Role.Admin,
        _ => Role.Unspecified,
    };

    public static string NameOf(Role role) => role.ToString().ToLowerInvariant();
}
