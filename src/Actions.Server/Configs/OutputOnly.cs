using Actions.V1;

namespace Actions.Server.Configs;

/// <summary>The read-only fields of an action: only the server writes them.</summary>
internal static class OutputOnly
{
    public static readonly IReadOnlySet<string> Fields =
        new HashSet<string>(StringComparer.Ordinal) { "id", "sample", "create_time", "update_time", "etag" };

    public static void Clear(ActionConfig config)
    {
        foreach (var name in Fields)
            ActionConfig.Descriptor.FindFieldByName(name).Accessor.Clear(config);
    }
}
