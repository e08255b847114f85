using Actions.Server.Configuration;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.Options;

namespace Actions.Server.Secrets;

internal static class SecretsRegistration
{
    // Part of the key derivation: with another name, every stored secret is unreadable.
    private const string ApplicationName = "Actions.Grpc";

    /// <summary>Registers the vault, with its key ring in the store.</summary>
    public static IServiceCollection AddSecrets(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddKeyRing(configuration);
        services.AddSingleton<KeyRingStart>();
        services.AddProtectionByTheRing();
        // Data Protection's own start service reads the ring, and creates a key if it finds none, before the ring has
        // been checked. KeyRingStart loads the ring after its check instead.
        services.Remove(services.Single(service => service.ServiceType == typeof(IHostedService)
            && service.ImplementationType?.Assembly == typeof(DataProtectionOptions).Assembly));
        services.AddSingleton<RingProtection>();
        services.AddSingleton<SecretVault>();
        services.AddSingleton<CallVault>();
        services.AddSingleton<EncryptedActionStore>();
        return services;
    }

    /// <summary>Registers Data Protection with the ring for its keys. Needs <see cref="KeyRing"/>.</summary>
    public static IServiceCollection AddProtectionByTheRing(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName(ApplicationName);
        services.AddOptions<KeyManagementOptions>().Configure<KeyRing>((management, ring) => management.XmlRepository = ring);
        return services;
    }

    /// <summary>Registers the key ring alone, for the command that encrypts it anew.</summary>
    public static IServiceCollection AddKeyRing(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<SecretsOptions>(configuration, SecretsOptions.Section);
        services.AddSingleton(provider => KeyEncryptionKeys.Read(provider.GetRequiredService<IOptions<SecretsOptions>>().Value, []));
        services.AddSingleton<KeyRing>();
        return services;
    }
}
