using System.Security.Cryptography.X509Certificates;
using Actions.Server.Configuration;
using Actions.Server.Errors;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Options;

namespace Actions.Server.Access;

internal static class AccessRegistration
{
    /// <summary>API keys, client certificates and limits. Needs <see cref="Storage.IApiKeyStore"/>.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<AccessOptions>(configuration, AccessOptions.Section);
        services.AddSettings<LimitsOptions>(configuration, LimitsOptions.Section);
        services.AddSingleton<ApiKeyCache>();
        services.AddSingleton<ApiKeys>();
        services.AddHostedService<ApiKeyRefresher>();
        services.AddSingleton<ClientCertificates>();
        services.AddSingleton<WorkspaceLimits>();
        services.AddSingleton<FrameworkStatuses>();
        services.AddSingleton<AccessGate>();
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<AccessOptions>>((kestrel, options) =>
        {
            if (options.Value.Certificates.Count > 0)
                kestrel.ConfigureHttpsDefaults(https => AskForCertificates(https, options.Value));
        });
        return services;
    }

    /// <summary>Add it before the endpoints that handle calls.</summary>
    public static void UseAccess(this IApplicationBuilder app)
    {
        var gate = app.ApplicationServices.GetRequiredService<AccessGate>();
        app.Use(gate.PassAsync);
    }

    private static void AskForCertificates(HttpsConnectionAdapterOptions https, AccessOptions options)
    {
        // Requested, not required: a client without a certificate may have an API key, and a probe has neither.
        https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
        if (options.ClientCertificateAuthorities.Length == 0)
            return;
        var authorities = ClientAuthorities.Read(options.ClientCertificateAuthorities);
        https.ClientCertificateValidation = (certificate, _, _) =>
        {
            using var chain = new X509Chain();
            chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
            chain.ChainPolicy.ApplicationPolicy.Add(ClientAuthentication);
            // No network requests during a handshake.
            chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
            chain.ChainPolicy.DisableCertificateDownloads = true;
            return chain.Build(certificate);
        };
    }

    // id-kp-clientAuth (RFC 5280, section 4.2.1.12).
    private static System.Security.Cryptography.Oid ClientAuthentication => new("1.3.6.1.5.5.7.3.2");
}
