using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;

namespace Actions.Testing;

/// <summary>
/// An API on a loopback socket that does to each connection what its script says, byte by byte, and records what came.
/// A connection is closed when its script ends.
/// </summary>
public sealed class RawUpstream : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<RawRequest> _requests = Channel.CreateUnbounded<RawRequest>();
    private readonly Channel<int> _connected = Channel.CreateUnbounded<int>();
    private readonly Channel<long> _ended = Channel.CreateUnbounded<long>();
    private readonly ConcurrentQueue<RawRequest> _all = [];
    private readonly Func<RawConnection, Task> _script;
    private readonly X509Certificate2? _certificate;
    private readonly Task _accepting;

    /// <param name="script">What to do with a connection.</param>
    /// <param name="certificate">Not null: connections are TLS, if they begin with a handshake.</param>
    public RawUpstream(Func<RawConnection, Task> script, X509Certificate2? certificate = null)
    {
        _script = script;
        _certificate = certificate;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Scheme, host and port; a path may follow.</summary>
    public string Url => $"{(_certificate is null ? "http" : "https")}://127.0.0.1:{Port}";

    /// <summary>All that came so far.</summary>
    public IReadOnlyCollection<RawRequest> Requests => _all;

    /// <summary>Answers every request on every connection in the same way.</summary>
    public static RawUpstream Answering(Func<RawRequest, string> answer) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is { } request)
            await connection.SendAsync(answer(request));
    });

    public static RawUpstream Answering(string response) => Answering(_ => response);

    /// <summary>Takes one request on each connection, answers and closes.</summary>
    public static RawUpstream AnsweringOnce(ReadOnlyMemory<byte> response) => new(async connection =>
    {
        await connection.ReadRequestAsync();
        await connection.SendAsync(response);
    });

    public static RawUpstream AnsweringOnce(string response) =>
        AnsweringOnce(System.Text.Encoding.UTF8.GetBytes(response));

    /// <summary>A whole response with its length.</summary>
    public static string Response(string body, string contentType = "application/json", string status = "200 OK") =>
        $"HTTP/1.1 {status}\r\nContent-Type: {contentType}\r\nContent-Length: {System.Text.Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    /// <summary>A certificate that nobody trusts.</summary>
    public static X509Certificate2 SelfSignedCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    /// <summary>The next request that nobody took yet.</summary>
    public async Task<RawRequest> NextRequestAsync(CancellationToken cancellationToken) =>
        await _requests.Reader.ReadAsync(cancellationToken);

    /// <summary>Returns when a client has connected (and, with a certificate, before it shook hands).</summary>
    public async Task ConnectedAsync(CancellationToken cancellationToken) =>
        await _connected.Reader.ReadAsync(cancellationToken);

    /// <summary>Returns when a connection's script has ended, e.g. because the client went away while it
    /// held.</summary>
    /// <returns>The moment, in timestamps of the system's clock.</returns>
    public async Task<long> ScriptEndedAsync(CancellationToken cancellationToken) =>
        await _ended.Reader.ReadAsync(cancellationToken);

    /// <exception cref="Exception">What went wrong in a script, e.g. because a request was no HTTP.</exception>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stop.Token), connections.Count + 1));
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket socket, int number)
    {
        using var owned = socket;
        socket.NoDelay = true;
        _connected.Writer.TryWrite(number);
        try
        {
            await using var stream = await OpenAsync(new NetworkStream(socket, ownsSocket: false));
            await _script(new RawConnection(number, socket, stream, Record, _stop.Token));
        }
        // The client went away, or the test is over.
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or AuthenticationException)
        {
        }
        finally
        {
            _ended.Writer.TryWrite(TimeProvider.System.GetTimestamp());
        }
    }

    private async Task<Stream> OpenAsync(NetworkStream plain)
    {
        if (_certificate is null || !await BeginsWithHandshakeAsync(plain.Socket))
            return plain;
        var secured = new SslStream(plain);
        await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
        return secured;
    }

    /// <summary>Whoever goes away without a word is left to the handshake.</summary>
    private async Task<bool> BeginsWithHandshakeAsync(Socket socket)
    {
        const byte handshake = 22; // RFC 8446 section 5.1
        var first = new byte[1];
        return await socket.ReceiveAsync(first, SocketFlags.Peek, _stop.Token) == 0 || first[0] == handshake;
    }

    private void Record(RawRequest request)
    {
        _all.Enqueue(request);
        _requests.Writer.TryWrite(request);
    }
}
