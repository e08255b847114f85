using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Actions.Server.Tests.Preparation;

/// <summary>
/// An API over TLS, and a token endpoint, that counts connections and the API's requests. Its certificate is trusted by
/// whoever is told so.
/// </summary>
internal sealed class SecureApi : IAsyncDisposable
{
    private readonly X509Certificate2 _certificate = RawUpstream.SelfSignedCertificate();
    private readonly string _trusted = Path.GetTempFileName();
    private readonly WebApplication _app;
    private int _connections;
    private int _requests;

    private SecureApi(HttpProtocols protocols)
    {
        File.WriteAllText(_trusted, _certificate.ExportCertificatePem());
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(System.Net.IPAddress.Loopback, 0, listener =>
        {
            listener.Protocols = protocols;
            listener.UseHttps(_certificate);
            // Behind TLS: counted once the handshake is done.
            listener.Use(next => connection =>
            {
                Interlocked.Increment(ref _connections);
                return next(connection);
            });
        }));
        _app = builder.Build();
        _app.Run(context =>
        {
            var (spoken, credential) = (context.Request.Protocol, context.Request.Headers.Authorization);
            if (context.Request.Path == "/token")
                return context.Response.WriteAsync(
                    $$"""{"access_token": "{{spoken}}", "token_type": "Bearer", "expires_in": 3600}""");
            Interlocked.Increment(ref _requests);
            return context.Response.WriteAsync($"{spoken} {credential}".Trim());
        });
    }

    public string Url => _app.Services.GetRequiredService<IServer>().Features
        .Get<IServerAddressesFeature>()!.Addresses.Single();

    public int Connections => Volatile.Read(ref _connections);

    public int Requests => Volatile.Read(ref _requests);

    /// <summary>For OpenSSL: the certificates that a process trusts.</summary>
    public (string Key, string Value) Trust => ("SSL_CERT_FILE", _trusted);

    public static async Task<SecureApi> StartAsync(HttpProtocols protocols)
    {
        var api = new SecureApi(protocols);
        await api._app.StartAsync(TestContext.Current.CancellationToken);
        return api;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
        File.Delete(_trusted);
    }
}
