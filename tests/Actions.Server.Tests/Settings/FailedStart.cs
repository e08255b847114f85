namespace Actions.Server.Tests.Settings;

/// <summary>The built server, started with something that keeps it from serving.</summary>
internal static class FailedStart
{
    /// <param name="settings">Configuration keys, with colons.</param>
    public static Task<CommandRun> OfAsync(params (string Key, string Value)[] settings) => CommandRun.OfAsync(
        [],
        [
            ("Kestrel:Endpoints:Grpc:Url", "http://127.0.0.1:0"), ("Kestrel:Endpoints:Web:Url", "http://127.0.0.1:0"),
            .. settings,
        ]);
}
