using System.Net;
using System.Net.Sockets;

namespace Actions.Server.Tests.Execution;

/// <summary>A wire between a client and the server that a test can cut.</summary>
internal sealed class Link : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _server;
    private readonly Task _carrying;
    private Socket? _client;
    private Socket? _far;

    public Link(Uri server)
    {
        _server = server;
        _listener.Start();
        Address = new Uri($"http://{_listener.LocalEndpoint}");
        _carrying = CarryAsync();
    }

    /// <summary>The client's end. For one connection.</summary>
    public Uri Address { get; }

    /// <summary>The client's machine says goodbye: its process ended.</summary>
    public void Close()
    {
        _far!.Shutdown(SocketShutdown.Both);
        _far.Close();
    }

    /// <summary>The client's machine knows nothing of the connection: it was restarted.</summary>
    public void Reset()
    {
        _far!.LingerState = new LingerOption(enable: true, seconds: 0);
        _far.Close();
    }

    /// <summary>Nothing gets through any more, and nobody says so.</summary>
    public void Freeze() => _stop.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _carrying;
        _client?.Dispose();
        _far?.Dispose();
        _stop.Dispose();
    }

    private async Task CarryAsync()
    {
        try
        {
            _client = await _listener.AcceptSocketAsync(_stop.Token);
            _far = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            _client.NoDelay = true;
            await _far.ConnectAsync(_server.Host, _server.Port, _stop.Token);
            await Task.WhenAll(CopyAsync(_client, _far), CopyAsync(_far, _client));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Cut, or not needed any more.
        }
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, _stop.Token) is > 0 and var count)
            for (var sent = 0; sent < count;)
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _stop.Token);
    }
}
