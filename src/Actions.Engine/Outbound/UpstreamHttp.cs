using System.Net;
using System.Text;

namespace Actions.Engine.Outbound;

/// <summary>
/// The process's one way out: connections to APIs, pooled. No proxy, no cookies, no redirects followed: what an action
/// says is what is called.
/// </summary>
public sealed class UpstreamHttp : IDisposable
{
    private readonly HttpMessageInvoker _invoker;

    // Read once by the decompressors: a body that ends in the middle of its encoding is an error then, not a shorter body.
    static UpstreamHttp() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    public UpstreamHttp(EngineOptions options)
        : this(CreateHandler(options))
    {
    }

    internal UpstreamHttp(HttpMessageHandler handler) => _invoker = new HttpMessageInvoker(handler);

    public void Dispose() => _invoker.Dispose();

    /// <returns>The response as soon as its headers are there.</returns>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        _invoker.SendAsync(request, cancellationToken);

    internal static SocketsHttpHandler CreateHandler(EngineOptions options) => new()
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.All,
        PooledConnectionLifetime = options.ConnectionLifetime,
        PooledConnectionIdleTimeout = options.ConnectionIdleTimeout,
        MaxConnectionsPerServer = options.MaxConnectionsPerHost,
        MaxResponseHeadersLength = options.MaxResponseHeadersKiB,
        // An execution's own time-out ends its attempt to connect, but the pool goes on connecting for whoever comes
        // next: no longer than the longest execution may take.
        ConnectTimeout = ContractLimits.MaxTimeout,
        // An unread answer is not worth waiting for: the connection is closed instead.
        ResponseDrainTimeout = TimeSpan.Zero,
        MaxResponseDrainSize = 0,
        EnableMultipleHttp2Connections = true,
        PlaintextStreamFilter = static (context, _) => ValueTask.FromResult<Stream>(new FreshConnection(context.PlaintextStream)),
        // RFC 9110 section 5.5 leaves octets above ASCII to the parties; UTF-8 is what they use today.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
    };
}
