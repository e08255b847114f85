using System.Globalization;
using Microsoft.Extensions.Configuration.Memory;

namespace Actions.Server.Configuration;

/// <summary>
/// The limits that depend on the machine and on <c>Server:Profile</c>. They are the settings' defaults: whatever sets
/// one of them otherwise wins. docs/operations.md has the table.
/// </summary>
internal static class Sizing
{
    public const string Standard = "standard";
    public const string Large = "large";

    // A quarter of what was measured on one core, with a small answer, and nothing else on that core (bench/README.md).
    private const int CallsPerSecondAndCore = 6_000;
    // A server of one team may come near to what was measured.
    private const int MostCallsPerSecondAndCore = 20_000;
    // LimitsOptions has it for all of its settings.
    private const int MostCalls = 1_000_000;
    // An API that takes 2 s, so many calls per second: two seconds of them are in flight.
    private const int CallsPerCore = 2 * CallsPerSecondAndCore;
    // 27 to 50 KiB were measured for an execution in flight. Half of the memory for executions.
    private const int BytesPerCall = 100 << 10;
    // Connections to one address need a local port each. Linux has 28,232 (net.ipv4.ip_local_port_range).
    private const int LocalPorts = 28_000;

    // What a server had before it looked at the machine: no machine gets less.
    private const int LeastConcurrentCalls = 1_000;
    private const int LeastCallsPerSecond = 1_000;
    private const int LeastCallsPerHost = 128;
    private const int LeastConnections = 512;
    // More keep a single process no busier.
    private const int MostCores = 64;

    // 5,000 conversations, each with a call every 10 s, of an API that takes 1 s, have 500 in flight: two cores.
    private const int CallsPerHostAndCore = 256;
    // The standard profile leaves room for three more workspaces as busy as one may be.
    private const int Workspaces = 4;

    /// <summary>Add it before everything that reads settings.</summary>
    public static void AddSizing(this WebApplicationBuilder builder)
    {
        // An unknown profile is refused with the other settings (ServerOptions).
        var isLarge = builder.Configuration[$"{ServerOptions.Section}:{nameof(ServerOptions.Profile)}"] == Large;
        // First in the list, so that every other source overrides it.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = Of(Machine.This, isLarge).Select(limit => KeyValuePair.Create(
                limit.Key, (string?)limit.Value.ToString(CultureInfo.InvariantCulture))),
        });
    }

    /// <returns>Limits by the keys of their settings.</returns>
    public static IReadOnlyDictionary<string, int> Of(Machine machine, bool isLarge)
    {
        var cores = Math.Min(machine.Cores, MostCores);
        var calls = (int)Math.Clamp(
            machine.MemoryBytes / BytesPerCall, LeastConcurrentCalls, CallsPerCore * cores);
        // The rest of the files is for clients, the store and the runtime.
        var connections = Math.Clamp(machine.Files / 8 * 5, LeastCallsPerHost, Math.Min(calls, LocalPorts));
        if (isLarge)
        {
            var most = Math.Min(MostCallsPerSecondAndCore * cores, MostCalls);
            return new Dictionary<string, int>
            {
                ["Limits:ConcurrentCalls"] = calls,
                ["Limits:CallsPerSecond"] = most,
                ["Limits:Burst"] = Math.Min(2 * most, MostCalls),
                ["Engine:MaxCallsPerHost"] = connections,
                ["Engine:MaxConnectionsPerHost"] = connections,
                ["Engine:MaxLineLength"] = calls,
                ["Server:MaxStreamsPerConnection"] = Math.Min(calls, 100_000),
                ["Server:MaxConnections"] = Math.Clamp(machine.Files / 4, LeastConnections, 4 * LocalPorts),
                ["Server:ResetBurst"] = calls,
            };
        }

        var share = Math.Max(LeastConcurrentCalls, calls / Workspaces);
        var perHost = Math.Clamp(
            CallsPerHostAndCore * cores, LeastCallsPerHost, Math.Max(LeastCallsPerHost, connections / Workspaces));
        var perSecond = Math.Max(LeastCallsPerSecond, CallsPerSecondAndCore * cores / Workspaces);
        return new Dictionary<string, int>
        {
            ["Limits:ConcurrentCalls"] = share,
            ["Limits:CallsPerSecond"] = perSecond,
            ["Limits:Burst"] = 2 * perSecond,
            ["Engine:MaxCallsPerHost"] = perHost,
            ["Engine:MaxConnectionsPerHost"] = Math.Min(Workspaces * perHost, connections),
            ["Engine:MaxLineLength"] = share,
        };
    }
}

/// <summary>What the process may use.</summary>
/// <param name="Cores">As the container's limit says, rounded up.</param>
/// <param name="MemoryBytes">The machine's, or three quarters of the container's limit.</param>
/// <param name="Files">Open files and sockets.</param>
internal sealed record Machine(int Cores, long MemoryBytes, int Files)
{
    // macOS: the runtime raises the limit to OPEN_MAX.
    private const int FilesWithoutProc = 10_240;

    public static Machine This { get; } = new(
        Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, LimitOfFiles());

    /// <summary>"Max open files", the soft and the hard limit; the runtime has raised the one to the other.</summary>
    private static int LimitOfFiles()
    {
        const string limits = "/proc/self/limits";
        if (OperatingSystem.IsWindows())
            return int.MaxValue;
        if (!File.Exists(limits))
            return FilesWithoutProc;
        var columns = File.ReadLines(limits)
            .FirstOrDefault(line => line.StartsWith("Max open files", StringComparison.Ordinal))?
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (columns is not [_, _, _, var soft, ..])
            return FilesWithoutProc;
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var files)
            ? files
            : int.MaxValue;
    }
}
