using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Actions.Demo;

/// <summary>The command that starts the built server.</summary>
internal static class ServerCommand
{
    /// <param name="args">Arguments of the server. Empty: it serves.</param>
    public static ProcessStartInfo Create(params string[] args)
    {
        var command = new ProcessStartInfo(DotnetHost(), [BuiltAssembly(), .. args])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Settings in this shell are meant for another server.
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

    // The dotnet that runs this program: the PATH may have another one, or none.
    private static string DotnetHost() => Path.GetFullPath(
        Path.Combine("..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"),
        RuntimeEnvironment.GetRuntimeDirectory());
}
