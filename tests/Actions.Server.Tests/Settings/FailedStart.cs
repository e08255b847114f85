using System.Diagnostics;
using Actions.Server.Lifecycle;

namespace Actions.Server.Tests.Settings;

/// <summary>The built server, started with something that keeps it from serving.</summary>
internal sealed record FailedStart(int ExitCode, string Errors)
{
    /// <param name="settings">Configuration keys, with colons.</param>
    public static async Task<FailedStart> OfAsync(params (string Key, string Value)[] settings)
    {
        var token = TestContext.Current.CancellationToken;
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(DrainOptions).Assembly.Location])
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["Kestrel__Endpoints__Grpc__Url"] = "http://127.0.0.1:0",
                ["Kestrel__Endpoints__Web__Url"] = "http://127.0.0.1:0",
            },
        };
        foreach (var (key, value) in settings)
            process.StartInfo.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        process.Start();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(token);
            var errors = await process.StandardError.ReadToEndAsync(token).WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System, token);
            await output;
            await process.WaitForExitAsync(token);
            return new FailedStart(process.ExitCode, errors);
        }
        finally
        {
            process.Kill();
            folder.Delete(recursive: true);
        }
    }
}
