using System.Diagnostics;
using System.Runtime.InteropServices;
using Actions.Server.Lifecycle;

namespace Actions.Server.Tests.Lifecycle;

/// <summary>SIGTERM at every stage of the start.</summary>
public sealed class EarlySignalTests
{
    private const int SigTerm = 15;
    // As shells report it: the runtime had no handler yet.
    private const int EndedBySigTerm = 128 + SigTerm;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(200)]
    [InlineData(300)]
    [InlineData(400)]
    [InlineData(500)]
    [InlineData(700)]
    [InlineData(1_000)]
    [InlineData(1_500)]
    public async Task SigTermDuringTheStart_EndsTheProcessWithoutATrace(int milliseconds)
    {
        var folder = Directory.CreateTempSubdirectory("actions-server-tests-");
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
                [typeof(DrainOptions).Assembly.Location])
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
        process.Start();
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System, Token);
            SendSignal(process.Id, SigTerm).ShouldBe(0);

            var output = process.StandardOutput.ReadToEndAsync(Token);
            var errors = await process.StandardError.ReadToEndAsync(Token).WaitAsync(TimeSpan.FromMinutes(1),
                TimeProvider.System, Token);
            await process.WaitForExitAsync(Token);
            process.ExitCode.ShouldBeOneOf([0, EndedBySigTerm], errors);
            errors.ShouldBeEmpty();
            (await output).ShouldNotContain("   at ");
        }
        finally
        {
            process.Kill();
            folder.Delete(recursive: true);
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
