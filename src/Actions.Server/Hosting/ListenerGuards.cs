using Actions.Server.Configuration;
using Actions.Server.Hosting.Floods;
using Actions.Server.Strangers;
using Microsoft.AspNetCore.Server.Kestrel;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Actions.Server.Hosting;

/// <summary>What stands between a listener's socket and Kestrel: limits on connections and on frames.</summary>
internal sealed class ListenerGuards(
    Http2FloodLimiter floods,
    ClosingHeartbeat heartbeat,
    IOptions<ServerOptions> options,
    TimeProvider time,
    StrangerLog log)
{
    public void Guard(EndpointConfiguration endpoint)
    {
        // What is added first is the outermost. A connection is counted before TLS, which costs most of all.
        var connections = new ConnectionLimiter(LimitOf(endpoint.ListenOptions.Protocols), time, log);
        endpoint.ListenOptions.Use(next => connection => connections.RunAsync(connection, next));
        if (endpoint.ListenOptions.Protocols == HttpProtocols.Http1)
            return;
        endpoint.ListenOptions.Use(next => connection => heartbeat.RunAsync(connection, next));
        if (endpoint.IsHttps)
        {
            // Kestrel adds certificates by name (SNI) itself, and no frame can be read outside of that TLS. Kestrel
            // also reports a missing certificate.
            if (endpoint.HttpsOptions is { ServerCertificate: null, ServerCertificateSelector: null }
                || endpoint.ConfigSection.GetSection("Sni").Exists())
                return;
            // TLS must be decrypted before frames can be read.
            endpoint.ListenOptions.UseHttps(endpoint.HttpsOptions);
        }

        var isHttp2Only = endpoint.ListenOptions.Protocols == HttpProtocols.Http2;
        endpoint.ListenOptions.Use(next => connection => floods.RunAsync(connection, isHttp2Only, next));
    }

    private ConnectionLimit LimitOf(HttpProtocols protocols)
    {
        const string section = ServerOptions.Section;
        var limits = options.Value;
        if (protocols == HttpProtocols.Http1)
            return new(limits.MaxWebConnections, $"{section}:{nameof(limits.MaxWebConnections)}",
                limits.RequestHeadersTimeout);
        // A client that has sent the preface of HTTP/2 may be silent: it keeps a connection for its next call.
        var silence = protocols == HttpProtocols.Http2 ? Timeout.InfiniteTimeSpan : limits.RequestHeadersTimeout;
        return new(limits.MaxConnections, $"{section}:{nameof(limits.MaxConnections)}", silence);
    }
}
