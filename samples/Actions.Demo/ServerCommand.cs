using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Actions.Demo;

/// <summary>How the built server is started.</summary>
internal static class ServerCommand
{
    /// <param name="args">None: to serve.</param>
    public static ProcessStartInfo Create(params string[] args)
    {
        var command = new ProcessStartInfo(DotnetHost(), [BuiltAssembly(), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Settings made in this shell for another server must not reach this one.
        foreach (var name in command.Environment.Keys.Where(IsSetting).ToList())
            command.Environment.Remove(name);
        return command;
    }

    // Such as Storage__Sqlite__Path or ASPNETCORE_ENVIRONMENT.
    private static bool IsSetting(string name) =>
        name.Contains("__", StringComparison.Ordinal) || name.StartsWith("ASPNETCORE_", StringComparison.Ordinal);

    private static string BuiltAssembly()
    {
        var noted = typeof(ServerCommand).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(metadata => metadata.Key == "ServerAssembly").Value!;
        var path = Path.GetFullPath(noted, AppContext.BaseDirectory);
        return File.Exists(path)
            ? path
            : throw new DemoFailedException($"The server isn't built: there is no {path}. Run make build.");
    }

    // The very one that runs this program: the path may hold another, or none.
    private static string DotnetHost() => Path.GetFullPath(
        Path.Combine("..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"),
        RuntimeEnvironment.GetRuntimeDirectory());
}
