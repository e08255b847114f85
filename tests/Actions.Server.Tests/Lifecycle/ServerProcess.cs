using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
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

    private static readonly string Dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private readonly Process _process = new();
    private readonly StringBuilder _output = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");
    private readonly Uri _grpc;
    private readonly Uri _web;

    private ServerProcess(Dictionary<string, string> settings)
    {
        var (grpc, web) = FreeAddresses();
        _grpc = new Uri(grpc);
        Channel = Connect();
        _web = new Uri(web);

        _process.StartInfo = new ProcessStartInfo(Dotnet, [typeof(DrainOptions).Assembly.Location])
        {
            WorkingDirectory = _folder.FullName,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ASPNETCORE_ENVIRONMENT"] = "Production",
                ["Kestrel__Endpoints__Grpc__Url"] = grpc,
                ["Kestrel__Endpoints__Web__Url"] = web,
                ["Storage__Sqlite__Path"] = Path.Combine(_folder.FullName, "actions.db"),
            },
        };
        foreach (var (key, value) in settings)
            _process.StartInfo.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;

        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
    }

    public GrpcChannel Channel { get; }

    /// <param name="settings">Configuration keys, with colons.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A server that answers.</returns>
    /// <exception cref="InvalidOperationException">It ended instead. The message: its exit code and output.</exception>
    public static async Task<ServerProcess> StartAsync(
        Dictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var server = new ServerProcess(settings);
        try
        {
            server._process.Start();
            server._process.BeginOutputReadLine();
            server._process.BeginErrorReadLine();

            using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var answers = new Health.HealthClient(server.Channel)
                .CheckAsync(new(), new CallOptions(cancellationToken: giveUp.Token).WithWaitForReady()).ResponseAsync;
            var ends = server._process.WaitForExitAsync(cancellationToken);
            if (await Task.WhenAny(answers, ends) == ends)
            {
                await giveUp.CancelAsync();
                throw new InvalidOperationException($"Exit code {server._process.ExitCode}:\n{server.Output}");
            }

            (await answers).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.Serving);
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
        ? GrpcChannel.ForAddress(_grpc, new() { InitialReconnectBackoff = TimeSpan.FromMilliseconds(50) })
        : GrpcChannel.ForAddress(_grpc, new() { HttpHandler = handler });

    public Task<(HttpStatusCode Status, string Body)> GetAsync(string path, CancellationToken cancellationToken) =>
        WebProbe.GetAsync(_web, path, cancellationToken);

    public void Terminate() => SendSignal(_process.Id, SigTerm).ShouldBe(0);

    /// <returns>The exit code.</returns>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
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
    }

    // Held together, so that they differ; free again when this returns.
    private static (string Grpc, string Web) FreeAddresses()
    {
        using var grpc = new TcpListener(IPAddress.Loopback, 0);
        using var web = new TcpListener(IPAddress.Loopback, 0);
        grpc.Start();
        web.Start();
        return (Address(grpc), Address(web));
    }

    private static string Address(TcpListener listener) =>
        string.Create(CultureInfo.InvariantCulture, $"http://{listener.LocalEndpoint}");

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int processId, int signal);
}
