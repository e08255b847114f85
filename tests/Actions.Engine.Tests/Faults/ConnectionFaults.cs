using System.Net;
using System.Net.Sockets;
using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>There is no connection, or it breaks, or it says nothing.</summary>
internal static class ConnectionFaults
{
    public const string HalfHeaders = "HTTP/1.1 200 OK\r\nContent-Type: applic";
    public const string HalfBody = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"half\":";
    private const string NoConnection = "there is no connection";

    public static IReadOnlyList<FaultRow> Rows { get; } =
    [
        new("refused", new Case("refused", FailureReason.Connection, () => new Refusing()), NoConnection, NoConnection, NoConnection),
        new("unroutable", new Case("unroutable", FailureReason.Timeout, () => new Unroutable()), NoConnection, NoConnection, NoConnection),
        new(
            "reset",
            new Case("reset once accepted", FailureReason.Connection, () => FaultUpstream.Plain(Reset)),
            new Case("reset in the handshake", FailureReason.Connection, () => FaultUpstream.InsteadOfTls(ResetAfterHello)),
            new Case("reset in the headers", FailureReason.Connection, () => FaultUpstream.Plain(ResetAfter(HalfHeaders))),
            new Case("reset in the body", FailureReason.Connection, () => FaultUpstream.Plain(ResetAfter(HalfBody)))),
        new(
            "closed early",
            new Case("closed once accepted", FailureReason.Connection, () => FaultUpstream.Plain(_ => Task.CompletedTask)),
            new Case("closed in the handshake", FailureReason.Connection, () => FaultUpstream.InsteadOfTls(_ => Task.CompletedTask)),
            new Case("closed in the headers", FailureReason.Connection, () => FaultUpstream.Answering(HalfHeaders)),
            new Case("body cut before Content-Length", FailureReason.Connection, () => FaultUpstream.Answering(HalfBody))),
        new(
            "silence",
            "the kernel connects; its silence is unroutable",
            new Case("TLS handshake stalled", FailureReason.Timeout, () => FaultUpstream.InsteadOfTls(peer => peer.HoldAsync())),
            new Case("headers never", FailureReason.Timeout, () => FaultUpstream.Plain(HoldAfter(""))),
            new Case("body stalled", FailureReason.Timeout, () => FaultUpstream.Plain(HoldAfter(HalfBody)))),
        new(
            "byte after byte",
            "connecting sends no bytes",
            new Case("TLS handshake dripping", FailureReason.Timeout, () => new FaultProxy(
                FaultUpstream.Tls(TestAuthority.Valid, HoldAfter("")),
                toClient: [Toxics.Slicer(1, TimeSpan.FromMilliseconds(100))])),
            new Case("headers one byte a second", FailureReason.Timeout, () => FaultUpstream.Plain(
                Dripping("", HalfHeaders, TimeSpan.FromSeconds(1)))) { Timeout = TimeSpan.FromSeconds(2.5) },
            new Case("body dripping", FailureReason.Timeout, () => FaultUpstream.Plain(
                Dripping(HalfBody, new string(' ', 92), TimeSpan.FromMilliseconds(50))))),
    ];

    public static Func<FaultPeer, Task> HoldAfter(string answer) => async peer =>
    {
        await peer.ReadRequestAsync();
        await peer.SendAsync(answer);
        await peer.HoldAsync();
    };

    private static Task Reset(FaultPeer peer)
    {
        peer.Reset();
        return Task.CompletedTask;
    }

    private static async Task ResetAfterHello(FaultPeer peer)
    {
        await peer.Stream.ReadAtLeastAsync(new byte[64], 64, throwOnEndOfStream: false, peer.Stop);
        peer.Reset();
    }

    private static Func<FaultPeer, Task> ResetAfter(string answer) => async peer =>
    {
        await peer.ReadRequestAsync();
        await peer.SendAsync(answer);
        peer.Reset();
    };

    private static Func<FaultPeer, Task> Dripping(string before, string text, TimeSpan pause) => async peer =>
    {
        await peer.ReadRequestAsync();
        await peer.SendAsync(before);
        await peer.DripAsync(text, pause);
    };

    /// <summary>A port that is taken, but that nobody listens on.</summary>
    private sealed class Refusing : IFault
    {
        private readonly Socket _taken = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

        public Refusing() => _taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        public string Url => $"http://{_taken.LocalEndPoint}/";

        public int Open => 0;

        public ValueTask DisposeAsync()
        {
            _taken.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>
    /// A listener that never accepts, its queue filled: the kernel drops what else would connect, as a network does
    /// that
    /// leads nowhere. Nothing leaves the machine.
    /// </summary>
    private sealed class Unroutable : IFault
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _queued = [];

        public Unroutable()
        {
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen(backlog: 1);
            // One more than the queue holds, and one that makes sure of it.
            for (var queued = 0; queued < 3; queued++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                _queued.Add(socket);
                try
                {
                    socket.Connect(_listener.LocalEndPoint!);
                }
                catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
                {
                }
            }
        }

        public string Url => $"http://{_listener.LocalEndPoint}/";

        public int Open => 0;

        public ValueTask DisposeAsync()
        {
            _queued.ForEach(socket => socket.Dispose());
            _listener.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
