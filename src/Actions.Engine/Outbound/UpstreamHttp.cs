using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Actions.Engine.Evidence;
using Actions.Engine.Http;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Attempts;
using Actions.Engine.Outbound.Guard;
using Actions.V1;

namespace Actions.Engine.Outbound;

/// <summary>
/// Sends all HTTP requests of the process to APIs, over pooled connections. Without proxy, cookies or automatic
/// redirects: the request goes exactly where the action specifies, if the SSRF guard allows it.
/// </summary>
public sealed class UpstreamHttp : IDisposable
{
    private readonly HttpMessageInvoker _invoker;
    private readonly SsrfGuard _guard;

    // Each is read once, on first use, and can be set in no other way.
    static UpstreamHttp()
    {
        // A body that ends within its content encoding is an error, not a shorter body.
        AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);
        // Cancelling a call ends its connection attempt at once, not 5 s later.
        AppContext.SetData("System.Net.SocketsHttpHandler.PendingConnectionTimeoutOnRequestCompletion", 0);
        // HTTP/3 would open its connections without the SSRF guard.
        AppContext.SetSwitch("System.Net.SocketsHttpHandler.Http3Support", false);
    }

    public UpstreamHttp(EngineOptions options, SsrfGuard guard)
        : this(new ReadyConnections(options, guard), options, guard)
    {
    }

    /// <param name="ready">Those of the handler. Null: it opens its connections itself.</param>
    internal UpstreamHttp(HttpMessageHandler handler, SsrfGuard guard, ReadyConnections? ready = null)
    {
        _invoker = new HttpMessageInvoker(handler);
        _guard = guard;
        Ready = ready ?? new ReadyConnections(new EngineOptions(), guard);
    }

    private UpstreamHttp(ReadyConnections ready, EngineOptions options, SsrfGuard guard)
        : this(CreateHandler(options, ready), guard, ready)
    {
    }

    internal SsrfGuard Guard => _guard;

    internal ReadyConnections Ready { get; }

    public void Dispose()
    {
        _invoker.Dispose();
        Ready.Dispose();
    }

    /// <returns>The traceparent that a request to this URL carries; empty if the operator hasn't named its
    /// host.</returns>
    internal string TraceparentFor(Uri url, string traceparent) =>
        traceparent.Length > 0 && _guard.IsTraced(url) ? traceparent : "";

    /// <exception cref="Outcomes.UpstreamException">The SSRF guard refuses the URL.</exception>
    internal void ThrowIfBlocked(Uri url) => _guard.ThrowIfBlocked(url);

    /// <summary>
    /// Steps 4 and 5: checks the URL, waits for the turn, and sends. Addresses are checked when a connection is opened.
    /// A pooled connection isn't checked again; it lives for <see cref="EngineOptions.ConnectionLifetime"/> at most.
    /// </summary>
    /// <param name="request">Its workspace is the turn's.</param>
    /// <param name="turn">Keeps the place at the host until the response was read.</param>
    /// <param name="cancellationToken">Ends the wait and the request.</param>
    /// <returns>The response, as soon as its headers have arrived.</returns>
    /// <exception cref="Outcomes.UpstreamException">The SSRF guard refuses the URL, or the turn doesn't
    /// come.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    internal async ValueTask<HttpResponseMessage> SendAsync(
        UpstreamMessage request, HostTurn turn, CancellationToken cancellationToken)
    {
        _guard.ThrowIfBlocked(request.RequestUri!);
        var evidence = request.Evidence;
        var turns = turn.EnterAsync(request.RequestUri!.Authority, cancellationToken);
        if (!turns.IsCompleted)
            evidence?.Enter(Phase.Queue);
        await turns.ConfigureAwait(false);
        request.ReportConnecting(FailureStage.Connect);
        evidence?.Ask();
        var answer = _invoker.SendAsync(request, cancellationToken);
        // With a free connection, HttpClient has begun to send before it returns.
        evidence?.AwaitConnection();
        var response = await answer.ConfigureAwait(false);
        evidence?.Answered(response.Version);
        BodyFraming.Enforce(response);
        return response;
    }

    internal static SocketsHttpHandler CreateHandler(EngineOptions options, SsrfGuard guard) =>
        CreateHandler(options, new ReadyConnections(options, guard));

    internal static SocketsHttpHandler CreateHandler(EngineOptions options, ReadyConnections ready)
    {
        var handler = Create(options);
        handler.ConnectCallback = ready.ConnectAsync;
        var filter = handler.PlaintextStreamFilter!;
        handler.PlaintextStreamFilter = (context, cancellationToken) =>
        {
            ready.Learn(context.InitialRequestMessage, context.NegotiatedHttpVersion);
            return filter(context, cancellationToken);
        };
        ready.Tls = handler.SslOptions;
        return handler;
    }

    private static SocketsHttpHandler Create(EngineOptions options) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        // Bodies are decoded where their content type is known: HttpClient can't tell a wrong label from a broken body.
        AutomaticDecompression = DecompressionMethods.None,
        PooledConnectionLifetime = options.ConnectionLifetime,
        PooledConnectionIdleTimeout = options.ConnectionIdleTimeout,
        MaxConnectionsPerServer = options.MaxConnectionsPerHost,
        MaxResponseHeadersLength = options.MaxResponseHeadersKiB,
        // An execution's own timeout ends its connection attempt. This one ends attempts that no request waits for
        // any more.
        ConnectTimeout = ContractLimits.MaxTimeout,
        // Draining an unread response isn't worth the wait: the connection is closed instead.
        ResponseDrainTimeout = TimeSpan.Zero,
        MaxResponseDrainSize = 0,
        EnableMultipleHttp2Connections = true,
        // Trace context and baggage of the client's call stay with the client: the API receives only the action's
        // headers, and what the operator wants (OutboundOptions.TraceparentHosts).
        ActivityHeadersPropagator = null,
        PlaintextStreamFilter = static (context, _) =>
        {
            var connection = (context.InitialRequestMessage as UpstreamMessage)?.Connection;
            connection?.Opened();
            return ValueTask.FromResult<Stream>(new NoSilentRetryStream(context.PlaintextStream, connection));
        },
        // RFC 9110 section 5.5 leaves octets above ASCII to the parties; UTF-8 is today's common choice. HttpClient
        // calls this for each header of a request that has got its connection, and offers no other signal of that
        // moment.
        RequestHeaderEncodingSelector = static (_, request) =>
        {
            (request as UpstreamMessage)?.ReportSending();
            return Encoding.UTF8;
        },
        ResponseHeaderEncodingSelector = static (_, request) =>
        {
            (request as UpstreamMessage)?.ReportAnswering();
            return HeaderText.Bytes;
        },
    };
}
