using Actions.Server.Hosting;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Actions.Server.Secrets;

internal static class SecretsRegistration
{
    // Keys are derived from it: with another name, every stored secret is unreadable.
    private const string ApplicationName = "Actions.Grpc";

    /// <summary>
    /// The vault, with its key ring in the store. Call it after what prepares the store: a store that can't be opened is
    /// the better news of the two.
    /// </summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddKeyRing(configuration);
        services.AddSingleton<IValidateOptions<SecretsOptions>>(new ClearKeyRingOnLoopbackOnly(configuration));
        // Before Data Protection's own, which reads the ring.
        services.AddHostedService<KeyRingStart>();
        services.AddDataProtection().SetApplicationName(ApplicationName);
        services.AddOptions<KeyManagementOptions>().Configure<KeyRing>((management, ring) => management.XmlRepository = ring);
        services.AddSingleton<SecretVault>();
        return services;
    }

    /// <summary>The key ring alone, for whoever works on it.</summary>
    public static IServiceCollection AddKeyRing(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<SecretsOptions>(configuration, SecretsOptions.Section);
        services.AddSingleton(provider => KeyEncryptionKeys.Read(provider.GetRequiredService<IOptions<SecretsOptions>>().Value, []));
        services.AddSingleton<KeyRing>();
        services.AddSingleton<KeyRingFolder>();
        return services;
    }
}
