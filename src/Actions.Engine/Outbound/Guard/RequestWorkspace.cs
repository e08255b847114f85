namespace Actions.Engine.Outbound.Guard;

/// <summary>Carries the workspace of an outgoing request to the code that opens its connection.</summary>
internal static class RequestWorkspace
{
    private static readonly HttpRequestOptionsKey<string> Key = new("actions.workspace");

    extension(HttpRequestMessage request)
    {
        /// <summary>The workspace; empty if none was set.</summary>
        public string Workspace
        {
            get => request.Options.TryGetValue(Key, out var workspace) ? workspace : "";
            set => request.Options.Set(Key, value);
        }
    }
}
