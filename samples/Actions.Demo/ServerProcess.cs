using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Actions.Demo;

/// <summary>The built server in its own process, on free ports, with a temporary database file.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int Attempts = 3;
    private const int SigTerm = 15;

    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-demo-");
    private readonly Process _process = new();
    private readonly Uri _webAddress;
    private readonly TimeProvider _time;

    private ServerProcess(
        ProcessStartInfo command, ServerOutput output, TimeProvider time, Dictionary<string, string> settings)
    {
        _time = time;
        var (grpcPort, webPort) = FreePorts();
        Address = new Uri($"http://127.0.0.1:{grpcPort}");
        _webAddress = new Uri($"http://127.0.0.1:{webPort}");
        Database = Path.Combine(_folder.FullName, "actions.db");

        command.WorkingDirectory = _folder.FullName;
        command.Environment["Kestrel__Endpoints__Grpc__Url"] = Address.OriginalString;
        command.Environment["Kestrel__Endpoints__Web__Url"] = _webAddress.OriginalString;
        command.Environment["Storage__Sqlite__Path"] = Database;
        // The sample API is on this machine. By default only public addresses may be called, and only by https.
        command.Environment["Outbound__AllowedNetworks"] = "loopback";
        foreach (var (name, value) in settings)
            command.Environment[name] = value;
        _process.StartInfo = command;
        _process.OutputDataReceived += (_, line) => output.Add(line.Data);
        _process.ErrorDataReceived += (_, line) => output.Add(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The address of its gRPC endpoint.</summary>
    public Uri Address { get; }

    public string Database { get; }

    /// <returns>A server that is ready.</returns>
    public static async Task<ServerProcess> StartAsync(
        ServerOutput output, TimeProvider time, CancellationToken cancellationToken, Dictionary<string, string>? settings = null)
    {
        for (var attempt = 1; ; attempt++)
        {
            output.Clear();
            var server = new ServerProcess(ServerCommand.Create(), output, time, settings ?? []);
            try
            {
                if (await server.BecomesReadyAsync(cancellationToken))
                    return server;
                // Another process may have taken one of the free ports in the meantime.
                if (attempt == Attempts)
                    throw new DemoFailedException($"The server didn't start, exit code {server._process.ExitCode}.");
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }

            await server.DisposeAsync();
        }
    }

    /// <summary>Sends SIGTERM, and requires that the server exits in time and with 0.</summary>
    public async Task StopAsync()
    {
        if (!await EndAsync())
            throw new DemoFailedException($"The server was killed, {Timeline.Seconds(StopTimeout)} after SIGTERM.");
        if (_process.ExitCode != 0 && !OperatingSystem.IsWindows())
            throw new DemoFailedException($"The server ended with exit code {_process.ExitCode} after SIGTERM.");
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <returns>False: the process ended before it was ready.</returns>
    private async Task<bool> BecomesReadyAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(StartTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        try
        {
            while (!_process.HasExited)
            {
                if (await SaysReadyAsync(http, either.Token))
                    return true;
                await Task.Delay(PollInterval, _time, either.Token);
            }

            // Waits until all of its output has been read.
            await _process.WaitForExitAsync(either.Token);
            return false;
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            throw new DemoFailedException($"The server wasn't ready within {Timeline.Seconds(StartTimeout)}.");
        }
    }

    private async Task<bool> SaysReadyAsync(HttpMessageInvoker http, CancellationToken cancellationToken)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_webAddress, "readyz"));
            using var response = await http.SendAsync(request, cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // The port isn't open yet.
            return false;
        }
    }

    private async Task<bool> EndAsync()
    {
        if (!_process.HasExited)
            Terminate();
        using var timeout = new CancellationTokenSource(StopTimeout, _time);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await _process.WaitForExitAsync(CancellationToken.None);
            return false;
        }
    }

    private void Terminate()
    {
        if (OperatingSystem.IsWindows())
            _process.Kill();
        else
            _ = SendSignal(_process.Id, SigTerm);
    }

    // Both are open at the same time, so that they differ. They are free again on return.
    private static (int Grpc, int Web) FreePorts()
    {
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        return (((IPEndPoint)first.LocalEndpoint).Port, ((IPEndPoint)second.LocalEndpoint).Port);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int SendSignal(int processId, int signal);
}
