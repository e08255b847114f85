namespace Actions.Server.Access;

/// <summary>Who calls.</summary>
internal static class Caller
{
    /// <summary>
    /// The workspace that the call may see. Callers have no credentials yet, which is why the server listens on
    /// loopback by default: all share one workspace.
    /// </summary>
    public const string Workspace = "default";
}
