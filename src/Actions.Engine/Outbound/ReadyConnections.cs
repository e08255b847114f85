using System.Net.Security;
using System.Net.Sockets;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using BitFaster.Caching.Lru;

namespace Actions.Engine.Outbound;

/// <summary>
/// Connections that were opened before a request needs them, and the connections that requests have. HttpClient has no
/// way to open a connection without a request. It asks for a connection when it needs one, though, and takes one on
/// which TLS is set up already: it gets those that wait here before it dials.
/// </summary>
/// <remarks>
/// Nothing is written to a waiting connection but the TLS handshake, so no request can be sent by mistake. The server's
/// settings of HTTP/2 and its session tickets stay unread until the connection is taken.
/// </remarks>
internal sealed class ReadyConnections(EngineOptions options, SsrfGuard guard) : IDisposable
{
    // As many as the hosts that a server of common size calls. Beyond, the one that has waited longest is closed.
    private const int MaxWaiting = 1_000;

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiting> _waiting = [];
    private readonly Dictionary<Origin, LinkedListNode<Waiting>> _byOrigin = [];

    // Those that HttpClient has been given.
    private readonly ConcurrentLru<Origin, Given> _given =
        new(Environment.ProcessorCount, options.MaxTrackedHosts, EqualityComparer<Origin>.Default);

    private bool _isDisposed;

    /// <summary>Of HttpClient, for all connections.</summary>
    public SslClientAuthenticationOptions Tls { get; set; } = new();

    /// <summary>As HttpClient would set it up: it offers HTTP/2, unless the host has once chosen HTTP/1.1.</summary>
    public SslClientAuthenticationOptions TlsFor(Origin origin) => new()
    {
        TargetHost = origin.Host,
        ApplicationProtocols = MayBeHttp2(origin)
            ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]
            : [SslApplicationProtocol.Http11],
        CertificateChainPolicy = Tls.CertificateChainPolicy,
        RemoteCertificateValidationCallback = Tls.RemoteCertificateValidationCallback,
    };

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    public async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        // Connections are pooled by scheme, host and port: all three equal those of the request.
        var message = context.InitialRequestMessage;
        var origin = Origin.Of(message.RequestUri!);
        var isForActions = IsForActions(message);
        if (Take(origin, isForActions && MayBeHttp2(origin)) is { } ready)
        {
            Give(origin, ready.Socket);
            guard.ReportReady(context, ready.Socket);
            return ready.Stream;
        }

        var connection = await guard.ConnectAsync(context, cancellationToken).ConfigureAwait(false);
        if (isForActions)
            Give(origin, (connection as NetworkStream)?.Socket);
        return connection;
    }

    /// <summary>A connection is about to be used, in this version of HTTP.</summary>
    public void Learn(HttpRequestMessage message, Version spoken)
    {
        if (IsForActions(message) && Origin.Of(message.RequestUri!) is { IsTls: true } origin)
            _given.GetOrAdd(origin, static _ => new Given()).ChoseHttp1 = spoken.Major == 1;
    }

    /// <summary>Whether a request would find a connection, or one waits for it.</summary>
    public bool Has(Origin origin)
    {
        lock (_gate)
        {
            if (_byOrigin.TryGetValue(origin, out var node) && IsOpen(node.Value.Socket))
                return true;
        }

        return _given.TryGet(origin, out var given) && given.HasOpen;
    }

    /// <summary>Keeps a connection as long as an unused one is kept.</summary>
    /// <param name="stream">With TLS, if the origin has it.</param>
    public void Keep(Origin origin, Stream stream, Socket? socket, TimeProvider time)
    {
        var node = new LinkedListNode<Waiting>(new Waiting(origin, stream, socket));
        lock (_gate)
        {
            if (!_isDisposed)
            {
                RemoveOf(origin);
                if (_waiting.Count >= MaxWaiting)
                    Close(_waiting.First!);
                _waiting.AddLast(node);
                _byOrigin[origin] = node;
                node.Value.Timer = time.CreateTimer(
                    static state =>
                    {
                        var (connections, node) = ((ReadyConnections, LinkedListNode<Waiting>))state!;
                        lock (connections._gate)
                            connections.Close(node);
                    },
                    (this, node), options.ConnectionIdleTimeout, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        stream.Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            while (_waiting.First is { } first)
                Close(first);
        }
    }

    // Requests for tokens are HTTP/1.1, for which HttpClient has connections of their own.
    private static bool IsForActions(HttpRequestMessage message) => message.Version.Major >= 2;

    /// <summary>Once a host has chosen HTTP/1.1, HttpClient takes all its connections for such.</summary>
    private bool MayBeHttp2(Origin origin) => !(_given.TryGet(origin, out var given) && given.ChoseHttp1);

    /// <returns>Null: none waits that is open and speaks the right HTTP.</returns>
    private Waiting? Take(Origin origin, bool mayBeHttp2)
    {
        lock (_gate)
        {
            if (!_byOrigin.TryGetValue(origin, out var node)
                || (!mayBeHttp2 && node.Value.Stream is SslStream { NegotiatedApplicationProtocol: var protocol }
                    && protocol == SslApplicationProtocol.Http2))
                return null;
            if (!IsOpen(node.Value.Socket))
            {
                Close(node);
                return null;
            }

            Remove(node);
            return node.Value;
        }
    }

    private void RemoveOf(Origin origin)
    {
        if (_byOrigin.TryGetValue(origin, out var node))
            Close(node);
    }

    private void Close(LinkedListNode<Waiting> node)
    {
        // It has been taken meanwhile.
        if (node.List is null)
            return;
        Remove(node);
        node.Value.Stream.Dispose();
    }

    private void Remove(LinkedListNode<Waiting> node)
    {
        node.Value.Timer?.Dispose();
        _waiting.Remove(node);
        _byOrigin.Remove(node.Value.Origin);
    }

    private void Give(Origin origin, Socket? socket)
    {
        if (socket is not null)
            _given.GetOrAdd(origin, static _ => new Given()).Add(socket);
    }

    /// <summary>Whether neither side has closed the connection, whatever has come that nobody has read yet.</summary>
    private static bool IsOpen(Socket? socket)
    {
        const int tcp = 6, tcpInfo = 11, established = 1;
        if (socket is null)
            return true;
        try
        {
            if (!OperatingSystem.IsLinux())
                return !(socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0);
            // TLS and HTTP/2 say something first, so that what can be read doesn't tell: the first byte of tcp_info is
            // the connection's state.
            Span<byte> info = stackalloc byte[8];
            return socket.GetRawSocketOption(tcp, tcpInfo, info) > 0 && info[0] == established;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    private sealed class Waiting(Origin origin, Stream stream, Socket? socket)
    {
        public Origin Origin { get; } = origin;

        public Stream Stream { get; } = stream;

        public Socket? Socket { get; } = socket;

        public ITimer? Timer { get; set; }
    }

    /// <summary>What HttpClient has been given, and closes when it likes: what it has closed is forgotten.</summary>
    private sealed class Given
    {
        private readonly List<Socket> _sockets = [];
        private volatile bool _choseHttp1;

        /// <summary>The host didn't want HTTP/2.</summary>
        public bool ChoseHttp1
        {
            get => _choseHttp1;
            set => _choseHttp1 = value;
        }

        public bool HasOpen
        {
            get
            {
                lock (_sockets)
                    return _sockets.Exists(IsOpen);
            }
        }

        public void Add(Socket socket)
        {
            lock (_sockets)
            {
                _sockets.RemoveAll(static other => !IsOpen(other));
                _sockets.Add(socket);
            }
        }
    }
}

/// <summary>Where a connection leads to.</summary>
internal readonly record struct Origin(bool IsTls, string Host, int Port)
{
    public static Origin Of(Uri url) => new(url.Scheme == Uri.UriSchemeHttps, url.IdnHost, url.Port);
}
