using System.Net;
using System.Net.Sockets;

namespace Actions.Engine.Tests.Faults;

/// <summary>Passes bytes on; none: the sender has ended.</summary>
internal delegate ValueTask Sink(ReadOnlyMemory<byte> bytes, CancellationToken stop);

/// <summary>Something bad that happens to one direction of a connection.</summary>
/// <param name="next">Where the bytes were to go.</param>
/// <param name="link">The connection.</param>
internal delegate Sink Toxic(Sink next, ProxiedLink link);

/// <summary>A TCP proxy on loopback that does its toxics to what passes: the first listed sees the bytes
/// first.</summary>
internal sealed class FaultProxy : IFault
{
    private readonly LoopbackListener _listener;
    private readonly IAsyncDisposable _target;
    private readonly string _scheme;

    /// <param name="target">What is called through it, on 127.0.0.1; disposed of together.</param>
    /// <param name="toServer">Toxics on the way to the target.</param>
    /// <param name="toClient">Toxics on the way back.</param>
    public FaultProxy(IFault target, Toxic[]? toServer = null, Toxic[]? toClient = null)
    {
        _target = target;
        var url = new Uri(target.Url);
        _scheme = url.Scheme;
        _listener = new LoopbackListener((client, stop) => PassAsync(client, url.Port, toServer ?? [], toClient ?? [], stop));
    }

    public string Url => $"{_scheme}://127.0.0.1:{_listener.Port}/";

    public int Open => _listener.Open;

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _target.DisposeAsync();
    }

    private static async Task PassAsync(Socket client, int port, Toxic[] toServer, Toxic[] toClient, CancellationToken stop)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await server.ConnectAsync(IPAddress.Loopback, port, stop);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var link = new ProxiedLink(client, server);
        Task[] ways =
        [
            PumpAsync(client, Chain(toServer, server, link), over.Token),
            PumpAsync(server, Chain(toClient, client, link), over.Token),
        ];
        // An HTTP client that ends has gone; and when one way has broken, the other has nobody to talk to.
        var first = await Task.WhenAny(ways);
        if (first == ways[1] && first.IsCompletedSuccessfully)
            await ways[0];
        await over.CancelAsync();
        await Task.WhenAll(ways);
    }

    private static Sink Chain(Toxic[] toxics, Socket to, ProxiedLink link)
    {
        Sink sink = async (bytes, stop) =>
        {
            if (bytes.IsEmpty)
                to.Shutdown(SocketShutdown.Send);
            while (!bytes.IsEmpty)
                bytes = bytes[await to.SendAsync(bytes, stop)..];
        };
        return toxics.Reverse().Aggregate(sink, (next, toxic) => toxic(next, link));
    }

    private static async Task PumpAsync(Socket from, Sink sink, CancellationToken stop)
    {
        var buffer = new byte[16 * 1024];
        int read;
        do
        {
            read = await from.ReceiveAsync(buffer, stop);
            await sink(buffer.AsMemory(0, read), stop);
        }
        while (read > 0);
    }
}

/// <summary>The two sockets of a connection through a proxy.</summary>
internal sealed record ProxiedLink(Socket Client, Socket Server)
{
    public void Reset()
    {
        FaultPeer.Reset(Client);
        FaultPeer.Reset(Server);
    }

    public void Close()
    {
        Client.Shutdown(SocketShutdown.Both);
        Server.Shutdown(SocketShutdown.Both);
    }
}
