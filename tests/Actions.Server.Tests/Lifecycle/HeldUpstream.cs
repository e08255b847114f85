using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Actions.Server.Tests.Lifecycle;

/// <summary>An API that takes one request and answers when the test says so.</summary>
internal sealed class HeldUpstream : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private TcpClient? _caller;

    public HeldUpstream()
    {
        _listener.Start();
        Url = new Uri($"http://{_listener.LocalEndpoint}/");
    }

    public Uri Url { get; }

    /// <summary>Ends when the request is there.</summary>
    public async Task CalledAsync(CancellationToken cancellationToken)
    {
        _caller = await _listener.AcceptTcpClientAsync(cancellationToken);
        using var reader = new StreamReader(_caller.GetStream(), Encoding.ASCII, leaveOpen: true);
        while (await reader.ReadLineAsync(cancellationToken) is not (null or ""))
        {
        }
    }

    public async Task AnswerAsync(CancellationToken cancellationToken) =>
        await _caller!.GetStream().WriteAsync(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"u8.ToArray(),
            cancellationToken);

    public void Dispose()
    {
        _caller?.Dispose();
        _listener.Dispose();
    }
}
