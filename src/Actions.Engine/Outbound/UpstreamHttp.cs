using System.Net;
using System.Text;
using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;

namespace Actions.Engine.Outbound;

/// <summary>
/// The process's one way out: connections to APIs, pooled. No proxy, no cookies, no redirects followed: what an action
/// says is what is called, if the guard lets it.
/// </summary>
public sealed class UpstreamHttp : IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly SsrfGuard _guard;

    // All are read once, by the first to need them, and can be set in no other way.
    static UpstreamHttp()
    {
        // A body that ends in the middle of its encoding is an error, not a shorter body.
        AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);
        // A call that is given up ends its attempt to connect at once, not 5 s later.
        AppContext.SetData("System.Net.SocketsHttpHandler.PendingConnectionTimeoutOnRequestCompletion", 0);
        // HTTP/3 would open its connections past the guard.
        AppContext.SetSwitch("System.Net.SocketsHttpHandler.Http3Support", false);
    }

    public UpstreamHttp(EngineOptions options, SsrfGuard guard)
        : this(CreateHandler(options, guard), guard)
    {
    }

    internal UpstreamHttp(HttpMessageHandler handler, SsrfGuard guard)
    {
        _invoker = new HttpMessageInvoker(handler);
        _guard = guard;
    }

    public void Dispose() => _invoker.Dispose();

    /// <summary>
    /// Step 4 and 5: judges the URL, and sends. Addresses are judged when a connection is made; one that is kept was
    /// judged
    /// then, for <see cref="EngineOptions.ConnectionLifetime"/> at most.
    /// </summary>
    /// <returns>The response as soon as its headers are there.</returns>
    /// <exception cref="Outcomes.UpstreamException">The guard refuses it.</exception>
    internal async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        _guard.ThrowIfBlocked(request.RequestUri!);
        return await _invoker.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    internal static SocketsHttpHandler CreateHandler(EngineOptions options, SsrfGuard guard) => new()
    {
        ConnectCallback = guard.ConnectAsync,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = options.ConnectionLifetime,
        PooledConnectionIdleTimeout = options.ConnectionIdleTimeout,
        MaxConnectionsPerServer = options.MaxConnectionsPerHost,
        MaxResponseHeadersLength = options.MaxResponseHeadersKiB,
        // An execution's own time-out ends its attempt to connect; this one is for what nobody waits for any more.
        ConnectTimeout = ContractLimits.MaxTimeout,
        // An unread answer is not worth waiting for: the connection is closed instead.
        ResponseDrainTimeout = TimeSpan.Zero,
        MaxResponseDrainSize = 0,
        EnableMultipleHttp2Connections = true,
        // The trace and the baggage of the client's call are the client's: an API gets what the action says.
        ActivityHeadersPropagator = null,
        PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(new NoSilentRetryStream(context.PlaintextStream)),
        // RFC 9110 section 5.5 leaves octets above ASCII to the parties; UTF-8 is what they use today. Asked for each
        // header
        // of a request that has got its connection: HttpClient has no other sign of that.
        RequestHeaderEncodingSelector = static (_, request) =>
        {
            (request as UpstreamMessage)?.ReportSending();
            return Encoding.UTF8;
        },
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    };
}
