using Actions.Server.Configuration;
using Actions.Server.Hosting.Floods;
using Microsoft.AspNetCore.Server.Kestrel;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Actions.Server.Hosting;

/// <summary>Configures the server's listeners.</summary>
internal static class Listeners
{
    /// <summary>
    /// gRPC on HTTP/2 and the web pages on HTTP/1.1, both on loopback unless configured otherwise
    /// (<c>Kestrel:Endpoints:Grpc:Url</c>, <c>Kestrel:Endpoints:Web:Url</c>; TLS by Kestrel's own settings).
    /// </summary>
    public static void AddListeners(this WebApplicationBuilder builder)
    {
        // First in the list, so that every other source overrides it.
        builder.Configuration.Sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Kestrel:Endpoints:Grpc:Url"] = "http://127.0.0.1:5080",
                ["Kestrel:Endpoints:Grpc:Protocols"] = "Http2",
                ["Kestrel:Endpoints:Web:Url"] = "http://127.0.0.1:5081",
                ["Kestrel:Endpoints:Web:Protocols"] = "Http1",
                ["Logging:LogLevel:Default"] = "Information",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = "Warning",
                ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Warning",
                // Warns that each new key isn't encrypted: KeyRing encrypts it, or KeyRingStart logs that it stays in
                // the clear.
                ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager"] = "Error",
                // gRPC would log every refused call with its stack; ErrorInterceptor logs the relevant ones.
                ["Logging:LogLevel:Grpc"] = "Warning",
            },
        });
        builder.Services.AddSingleton<Http2FloodLimiter>();
        builder.Services.AddOptions<KestrelServerOptions>()
            .Configure<IOptions<ServerOptions>, Http2FloodLimiter>((kestrel, options, guard) =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxConcurrentConnections = options.Value.MaxConnections;
                kestrel.Limits.Http2.MaxStreamsPerConnection = options.Value.MaxStreamsPerConnection;
                kestrel.Limits.RequestHeadersTimeout = options.Value.RequestHeadersTimeout;
                kestrel.Limits.Http2.KeepAlivePingDelay = options.Value.KeepAlivePingDelay;
                kestrel.Limits.Http2.KeepAlivePingTimeout = options.Value.KeepAlivePingTimeout;
                foreach (var endpoint in builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren())
                    kestrel.ConfigurationLoader!.Endpoint(endpoint.Key, configured => Guard(configured, guard));
            });
    }

    private static void Guard(EndpointConfiguration endpoint, Http2FloodLimiter guard)
    {
        if (endpoint.ListenOptions.Protocols == HttpProtocols.Http1)
            return;
        if (endpoint.IsHttps)
        {
            // Kestrel adds certificates by name (SNI) itself, and no frame can be read outside of that TLS. Kestrel
            // also reports a missing certificate.
            if (endpoint.HttpsOptions is { ServerCertificate: null, ServerCertificateSelector: null }
                || endpoint.ConfigSection.GetSection("Sni").Exists())
                return;
            // The middleware that is added first is the outermost: TLS must be decrypted before frames can be read.
            endpoint.ListenOptions.UseHttps(endpoint.HttpsOptions);
        }

        var isHttp2Only = endpoint.ListenOptions.Protocols == HttpProtocols.Http2;
        endpoint.ListenOptions.Use(next => connection => guard.RunAsync(connection, isHttp2Only, next));
    }
}
