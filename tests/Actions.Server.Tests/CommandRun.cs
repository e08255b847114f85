using System.Diagnostics;
using Actions.Server.Lifecycle;

namespace Actions.Server.Tests;

/// <summary>A command of the built server, run to its end in a process and a folder of its own.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <param name="args">The command.</param>
    /// <param name="settings">Configuration keys, with colons.</param>
    public static async Task<CommandRun> OfAsync(string[] args, params (string Key, string Value)[] settings)
    {
        var token = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(DrainOptions).Assembly.Location, .. args])
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in settings)
            process.StartInfo.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        process.Start();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(token);
            var errors = await process.StandardError.ReadToEndAsync(token).WaitAsync(Patience, TimeProvider.System, token);
            await process.WaitForExitAsync(token);
            return new CommandRun(process.ExitCode, await output, errors);
        }
        finally
        {
            process.Kill();
            folder.Delete(recursive: true);
        }
    }
}
