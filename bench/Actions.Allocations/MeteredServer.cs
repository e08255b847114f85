using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Actions.Allocations;

/// <summary>What the meter reads in a server's process.</summary>
/// <param name="Allocated">Bytes since the process started.</param>
/// <param name="Processor">Microseconds of all its threads.</param>
/// <param name="Heap">Bytes in use, and garbage that isn't collected yet.</param>
/// <param name="Resident">Bytes of its working set.</param>
internal readonly record struct Reading(long Allocated, long Processor, long Heap, long Resident);

/// <summary>A built server in a process of its own, with the meter in it.</summary>
internal sealed class MeteredServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-bench-");
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _output = [];
    private TaskCompletionSource<string> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MeteredServer(string project, string assembly, string[] args, Dictionary<string, string> settings)
    {
        var dotnet = Path.GetFullPath(
            Path.Combine("..", "..", "..", "dotnet"), RuntimeEnvironment.GetRuntimeDirectory());
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(dotnet, [Built(project, assembly), .. args])
            {
                WorkingDirectory = _folder.FullName,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["DOTNET_STARTUP_HOOKS"] = Built("bench/Actions.Meter", "Actions.Meter") },
            },
        };
        foreach (var (name, value) in settings)
            _process.StartInfo.Environment[name] = value;
        _process.OutputDataReceived += Read;
        _process.ErrorDataReceived += Read;
    }

    public Uri Address => _address.Task.Result;

    /// <summary>Actions.Grpc itself.</summary>
    public static Task<MeteredServer> StartActionsAsync() =>
        StartAsync(new MeteredServer("src/Actions.Server", "Actions.Server", [], new()
        {
            ["Kestrel__Endpoints__Grpc__Url"] = "http://127.0.0.1:0",
            ["Kestrel__Endpoints__Web__Url"] = "http://127.0.0.1:0",
            ["Storage__Sqlite__Path"] = "actions.db",
            ["Outbound__AllowedNetworks"] = "loopback",
            // What is measured is the way of a call, not its limits.
            ["Limits__CallsPerSecond"] = "1000000",
            ["Limits__Burst"] = "1000000",
        }));

    /// <summary>The bare handler on grpc-dotnet.</summary>
    public static Task<MeteredServer> StartBareAsync(Uri api) =>
        StartAsync(new MeteredServer("bench/peers/csharp", "Actions.Peer", [api.AbsoluteUri], []));

    /// <param name="collect">Collects the garbage first.</param>
    public async Task<Reading> ReadAsync(bool collect = false)
    {
        _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _process.StandardInput.WriteLineAsync(collect ? "collect" : "read");
        await _process.StandardInput.FlushAsync();
        var words = (await _answer.Task.WaitAsync(Patience)).Split(' ');
        return new Reading(Number(words[1]), Number(words[2]), Number(words[3]), Number(words[4]));
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task<MeteredServer> StartAsync(MeteredServer server)
    {
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        var ended = server._process.WaitForExitAsync(CancellationToken.None);
        if (await Task.WhenAny(server._address.Task, ended).WaitAsync(Patience) == ended)
            throw new InvalidOperationException(string.Join('\n', server._output));
        return server;
    }

    private void Read(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
            return;
        if (line.Data.StartsWith("METER ", StringComparison.Ordinal))
        {
            _answer.TrySetResult(line.Data);
            return;
        }

        _output.Add(line.Data);
        if (line.Data.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["Grpc", var address])
            _address.TrySetResult(new Uri(address));
    }

    private static string Built(string project, string assembly)
    {
        var metadata = typeof(MeteredServer).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .ToDictionary(entry => entry.Key, entry => entry.Value!, StringComparer.Ordinal);
        return Path.GetFullPath(
            Path.Combine(metadata["Root"], project, metadata["Output"], assembly + ".dll"), AppContext.BaseDirectory);
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
