using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using Actions.Server.Lifecycle;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;

namespace Actions.Server.Tests.Lifecycle;

/// <summary>The built server in a process of its own, which is what a signal needs.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private const int SigTerm = 15;

    // Linux's; macOS has 19 and 17.
    private static readonly int SigCont = OperatingSystem.IsMacOS() ? 19 : 18;
    private static readonly int SigStop = OperatingSystem.IsMacOS() ? 17 : 19;

    private static readonly string Dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private readonly Process _process = new();
    private readonly StringBuilder _output = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");
    private readonly TaskCompletionSource<Uri> _grpc = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Uri> _web = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GrpcChannel? _channel;

    private ServerProcess(Dictionary<string, string> settings)
    {
        _process.StartInfo = new ProcessStartInfo(Dotnet, [typeof(DrainOptions).Assembly.Location])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                // Of the system's choice: a port that is looked for beforehand may be taken by the time it is bound.
                ["Kestrel__Endpoints__Grpc__Url"] = "http://127.0.0.1:0",
                ["Kestrel__Endpoints__Web__Url"] = "http://127.0.0.1:0",
                ["Storage__Sqlite__Path"] = Path.Combine(_folder.FullName, "actions.db"),
                ["Outbound__AllowedNetworks"] = "loopback",
            },
        };
        foreach (var (key, value) in settings)
            _process.StartInfo.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;

        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
    }

    public GrpcChannel Channel => _channel ??= Connect();

    /// <param name="settings">Configuration keys, with colons.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="isReady">Whether it will be ready once it answers.</param>
    /// <returns>A server that answers.</returns>
    /// <exception cref="InvalidOperationException">It ended instead. The message: its exit code and output.</exception>
    public static async Task<ServerProcess> StartAsync(
        Dictionary<string, string> settings, CancellationToken cancellationToken, bool isReady = true)
    {
        var server = new ServerProcess(settings);
        try
        {
            server._process.Start();
            server._process.BeginOutputReadLine();
            server._process.BeginErrorReadLine();

            var listens = Task.WhenAll(server._grpc.Task, server._web.Task);
            var ends = server._process.WaitForExitAsync(cancellationToken);
            if (await Task.WhenAny(listens, ends) == ends)
                throw new InvalidOperationException($"Exit code {server._process.ExitCode}:\n{server.Output}");

            var health = await new Health.HealthClient(server.Channel).CheckAsync(new(), cancellationToken: cancellationToken);
            health.Status.ShouldBe(isReady
                ? HealthCheckResponse.Types.ServingStatus.Serving
                : HealthCheckResponse.Types.ServingStatus.NotServing);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the server printed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    /// <summary>Another connection to it.</summary>
    /// <param name="handler">What carries it, where a test listens in. Null: gRPC's own.</param>
    public GrpcChannel Connect(HttpMessageHandler? handler = null) => handler is null
        ? GrpcChannel.ForAddress(_grpc.Task.Result, new() { InitialReconnectBackoff = TimeSpan.FromMilliseconds(50) })
        : GrpcChannel.ForAddress(_grpc.Task.Result, new() { HttpHandler = handler });

    public Task<(HttpStatusCode Status, string Body)> GetAsync(string path, CancellationToken cancellationToken) =>
        WebProbe.GetAsync(_web.Task.Result, path, cancellationToken);

    public void Terminate() => SendSignal(_process.Id, SigTerm).ShouldBe(0);

    /// <summary>It stands still from now on; its sockets stay open.</summary>
    public void Freeze() => SendSignal(_process.Id, SigStop).ShouldBe(0);

    public void Resume() => SendSignal(_process.Id, SigCont).ShouldBe(0);

    /// <summary>SIGKILL, in the middle of whatever it does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <returns>The exit code.</returns>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        _channel?.Dispose();
        if (!_process.HasExited)
            _process.Kill();

        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
            _output.AppendLine(line.Data);
        // The banner: "Grpc   http://127.0.0.1:40001".
        if (line.Data?.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var name and ("Grpc" or "Web"), var address])
            (name == "Grpc" ? _grpc : _web).TrySetResult(new Uri(address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)));
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
