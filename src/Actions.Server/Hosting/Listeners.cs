using Actions.Server.Configuration;
using Actions.Server.Hosting.Floods;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Actions.Server.Hosting;

/// <summary>Configures the server's listeners.</summary>
internal static class Listeners
{
    // What a client may send before the server has read it, which a stranger's connection can hold in memory. Kestrel's
    // own are 768 KiB and 1 MiB. A request has some KiB; the largest (4 MiB) takes 32 round trips instead of 6.
    private const int StreamWindow = 128 << 10;
    private const int ConnectionWindow = 2 * StreamWindow;

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
                // While it may log anything at all, it makes an Activity and a scope for each request, which nothing here
                // reads. What it would log of a failed request, Kestrel logs.
                ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",
                // Warns that each new key isn't encrypted: KeyRing encrypts it, or KeyRingStart logs that it stays in
                // the clear.
                ["Logging:LogLevel:Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager"] = "Error",
                // gRPC would log every refused call with its stack; CallErrors logs the relevant ones.
                ["Logging:LogLevel:Grpc"] = "Warning",
                // Here only messages that can't be read arrive, which anybody can send: an error of a method ends in
                // CallErrors.
                ["Logging:LogLevel:Grpc.AspNetCore.Server.ServerCallHandler"] = "None",
            },
        });
        builder.Services.AddSingleton<Http2FloodLimiter>();
        builder.Services.AddSingleton<ClosingHeartbeat>();
        builder.Services.AddSingleton<ListenerGuards>();
        builder.Services.AddOptions<KestrelServerOptions>()
            .Configure<IOptions<ServerOptions>, ListenerGuards>((kestrel, options, guards) =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.Http2.MaxStreamsPerConnection = options.Value.MaxStreamsPerConnection;
                kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindow;
                kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
                kestrel.Limits.RequestHeadersTimeout = options.Value.RequestHeadersTimeout;
                kestrel.Limits.Http2.KeepAlivePingDelay = options.Value.KeepAlivePingDelay;
                kestrel.Limits.Http2.KeepAlivePingTimeout = options.Value.KeepAlivePingTimeout;
                foreach (var endpoint in builder.Configuration.GetSection("Kestrel:Endpoints").GetChildren())
                    kestrel.ConfigurationLoader!.Endpoint(endpoint.Key, guards.Guard);
            });
    }
}
