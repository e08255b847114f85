using System.Diagnostics;
using System.Text.RegularExpressions;
using Actions.Server.Tests.Tidy;

namespace Actions.Server.Tests.EndToEnd;

/// <summary>What a newcomer types first.</summary>
public sealed partial class DemoTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Demo_PrintsWhatTheReadmeShows()
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(
            Repository.Root.FullName, "samples/Actions.Demo/bin", framework.Parent!.Name, framework.Name, "Actions.Demo.dll");
        using var process = new Process();
        process.StartInfo = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program])
        {
            WorkingDirectory = Repository.Root.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        process.Start();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(Token);
            var errors = await process.StandardError.ReadToEndAsync(Token).WaitAsync(Patience, TimeProvider.System, Token);
            await process.WaitForExitAsync(Token);

            process.ExitCode.ShouldBe(0, $"{await output}\n{errors}");
            var transcript = Transcript().Match(Repository.Read("README.md")).Groups[1].Value;
            WithoutChance(await output).ShouldBe(WithoutChance(transcript));
        }
        finally
        {
            process.Kill();
        }
    }

    /// <summary>Without times, ports, ids and paths, which differ from run to run.</summary>
    private static string WithoutChance(string text) =>
        Chance().Replace(text.ReplaceLineEndings("\n").Trim(), "#");

    [GeneratedRegex(@"^    make demo$.*?^```\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Transcript();

    [GeneratedRegex(@"\d+\.\d{3} s|127\.0\.0\.1:\d+|[0-9a-f]{32}|/\S*/actions\.db")]
    private static partial Regex Chance();
}
