using System.Diagnostics;
using System.Globalization;

namespace Actions.Allocations;

/// <summary>What the meter reads in a server's process.</summary>
/// <param name="Allocated">Bytes since the process started.</param>
/// <param name="Processor">Microseconds of all its threads.</param>
/// <param name="Heap">Bytes in use, and garbage that isn't collected yet.</param>
/// <param name="Resident">Bytes of its working set.</param>
internal readonly record struct Reading(long Allocated, long Processor, long Heap, long Resident);

/// <summary>A built server in a process of its own, with the meter in it if it is .NET's.</summary>
internal sealed class MeteredServer : IAsyncDisposable
{
    private const int KeptLines = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo? _folder;
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> _output = [];
    private TaskCompletionSource<string> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MeteredServer(ServerCommand command)
    {
        _folder = command.Folder is null ? Directory.CreateTempSubdirectory("actions-bench-") : null;
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(command.File, command.Arguments)
            {
                WorkingDirectory = command.Folder ?? _folder!.FullName,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        if (command.IsMetered)
            _process.StartInfo.Environment["DOTNET_STARTUP_HOOKS"] = ServerCommand.Meter;
        foreach (var (name, value) in command.Settings)
            _process.StartInfo.Environment[name] = value;
        _process.ErrorDataReceived += (_, line) => ReadError(line.Data);
    }

    public Uri Address => _address.Task.Result;

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines that it printed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return string.Join('\n', _output);
        }
    }

    /// <returns>A server whose port is open.</returns>
    public static async Task<MeteredServer> StartAsync(ServerCommand command)
    {
        var server = new MeteredServer(command);
        server._process.Start();
        server._process.BeginErrorReadLine();
        _ = server.ReadOutputAsync();
        try
        {
            var ended = server._process.WaitForExitAsync(CancellationToken.None);
            if (await Task.WhenAny(server._address.Task, ended).WaitAsync(Patience) == ended)
                throw new InvalidOperationException(server.Output);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

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
        _folder?.Delete(recursive: true);
    }

    /// <summary>
    /// Reads lines until the address has come. What follows is emptied: a full pipe would stop the server.
    /// </summary>
    private async Task ReadOutputAsync()
    {
        var lines = _process.StandardOutput;
        while (!_address.Task.IsCompleted && await lines.ReadLineAsync() is { } line)
        {
            Keep(line);
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["Grpc", var address])
                _address.TrySetResult(new Uri(address));
        }

        await lines.BaseStream.CopyToAsync(Stream.Null, bufferSize: 1 << 16);
    }

    private void ReadError(string? line)
    {
        if (line is null)
            return;
        if (line.StartsWith("METER ", StringComparison.Ordinal))
            _answer.TrySetResult(line);
        else
            Keep(line);
    }

    private void Keep(string line)
    {
        lock (_output)
        {
            _output.Enqueue(line);
            if (_output.Count > KeptLines)
                _output.Dequeue();
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
