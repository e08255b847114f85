using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Actions.Allocations;

namespace Actions.Load;

/// <summary>What the figures were measured on, and which processors are whose.</summary>
internal static class Machine
{
    private static readonly int Processors = Environment.ProcessorCount;

    /// <summary>Of the driver and the API, in the words of <c>taskset</c>. Null: nothing is pinned.</summary>
    public static string? DriverProcessor { get; } = CanPin() ? "0" : null;

    /// <summary>Of the server.</summary>
    public static string? ServerProcessor { get; } = CanPin() ? "1" : null;

    /// <summary>Binds the driver to its processor, or to all again.</summary>
    public static async Task PinDriverAsync(bool alone)
    {
        if (DriverProcessor is null)
            return;
        var processors = alone ? DriverProcessor : $"0-{Processors - 1}";
        var driver = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        await RunAsync("taskset", "-a", "-c", "-p", processors, driver);
    }

    public static async Task<(string What, string Which)[]> DescribeAsync(TimeProvider time)
    {
        var model = Read("/proc/cpuinfo", "model name");
        var memory = Read("/proc/meminfo", "MemTotal").Split(' ')[0];
        var commit = await RunAsync("git", "-C", ServerCommand.Root, "rev-parse", "--short=12", "HEAD");
        var changes = await RunAsync("git", "-C", ServerCommand.Root, "status", "--porcelain", "--untracked-files=no");
        return
        [
            ("date", time.GetUtcNow().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)),
            ("commit", commit + (changes.Length > 0 ? ", with changes that aren't committed" : "")),
            ("processor", $"{model}, {Processors} {(Processors == 1 ? "core" : "cores")}"),
            ("memory", $"{long.Parse(memory, CultureInfo.InvariantCulture) / 1048576.0:0} GiB"),
            ("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}"),
            (".NET", RuntimeInformation.FrameworkDescription),
            ("pinned", ServerProcessor is null
                ? "nothing: there is one processor, or no taskset"
                : $"server to processor {ServerProcessor}, driver and API to {DriverProcessor}"),
            ("load average before", Read("/proc/loadavg", "").Split(' ')[0]),
        ];
    }

    /// <returns>What a program prints. Empty if it isn't there.</returns>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return output.Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "";
        }
    }

    private static bool CanPin() => OperatingSystem.IsLinux() && Processors > 1
        && (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Any(folder => File.Exists(Path.Combine(folder, "taskset")));

    /// <returns>What follows the name and a colon on its first line. 0 if there is none.</returns>
    private static string Read(string path, string name)
    {
        var line = File.Exists(path)
            ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))
            : null;
        return line is null ? "0" : line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
