using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Actions.Engine.Tests.Faults;

/// <summary>Something on a loopback port that an action may call, at its own risk.</summary>
internal interface IFault : IAsyncDisposable
{
    /// <summary>What the action calls.</summary>
    string Url { get; }

    /// <summary>Connections that it holds.</summary>
    int Open { get; }
}

/// <summary>An API that does to each connection what its script says, and remembers nothing.</summary>
internal sealed class FaultUpstream : IFault
{
    private readonly LoopbackListener _listener;
    private readonly string _scheme;

    private FaultUpstream(string scheme, Func<Socket, CancellationToken, Task> serve)
    {
        _scheme = scheme;
        _listener = new LoopbackListener(serve);
    }

    public string Url => $"{_scheme}://127.0.0.1:{Port}/";

    public int Port => _listener.Port;

    public int Open => _listener.Open;

    public static FaultUpstream Plain(Func<FaultPeer, Task> script) =>
        new("http", (socket, stop) => PlayAsync(socket, script, stop));

    /// <summary>Called over TLS, but what it says is not made TLS.</summary>
    public static FaultUpstream InsteadOfTls(Func<FaultPeer, Task> script) =>
        new("https", (socket, stop) => PlayAsync(socket, script, stop));

    public static FaultUpstream Tls(X509Certificate2 certificate, Func<FaultPeer, Task> script) =>
        new("https", (socket, stop) => PlayTlsAsync(socket, certificate, SslApplicationProtocol.Http11, script, stop));

    /// <summary>TLS that negotiates HTTP/2; the script's turn comes with the first byte of the client's
    /// preface.</summary>
    public static FaultUpstream Http2(Func<Http2Peer, Task> script) => new("https", (socket, stop) => PlayTlsAsync(
        socket,
        TestAuthority.Valid,
        SslApplicationProtocol.Http2,
        async peer => await script(await Http2Peer.BeginAsync(peer)),
        stop));

    /// <summary>Takes one request, answers it so and closes.</summary>
    public static FaultUpstream Answering(ReadOnlyMemory<byte> response) => Plain(async peer =>
    {
        await peer.ReadRequestAsync();
        await peer.SendAsync(response);
    });

    public static FaultUpstream Answering(string response) => Answering(Encoding.UTF8.GetBytes(response));

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private static async Task PlayAsync(Socket socket, Func<FaultPeer, Task> script, CancellationToken stop)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: false);
        await script(new FaultPeer(socket, stream, stop));
        await EndAsync(socket, stop);
    }

    private static async Task PlayTlsAsync(
        Socket socket, X509Certificate2 certificate, SslApplicationProtocol protocol, Func<FaultPeer, Task> script, CancellationToken stop)
    {
        await using var stream = new SslStream(new NetworkStream(socket, ownsSocket: false));
        try
        {
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = certificate, ApplicationProtocols = [protocol] }, stop);
        }
        catch (AuthenticationException)
        {
            return;
        }

        await script(new FaultPeer(socket, stream, stop));
        await EndAsync(socket, stop);
    }

    /// <summary>
    /// Says that there is nothing more, then waits for the client's end: a socket that is closed with something unread
    /// resets, and that is another fault.
    /// </summary>
    private static async Task EndAsync(Socket socket, CancellationToken stop)
    {
        if (!socket.Connected)
            return;
        socket.Shutdown(SocketShutdown.Send);
        var rest = new byte[512];
        while (await socket.ReceiveAsync(rest, stop) > 0)
        {
        }
    }
}
