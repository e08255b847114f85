using Actions.Server.Secrets;
using Microsoft.Extensions.Options;

namespace Actions.Server.Startup;

internal static class StartupRegistration
{
    /// <summary>Registers the checks at start and the preparation of the store before the first call.</summary>
    public static IServiceCollection AddStartup(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IValidateOptions<SecretsOptions>>(new ClearKeyRingOnLoopbackOnly(configuration));
        services.AddSingleton<Exposure>();
        services.AddSingleton<StorePreparation>();
        services.AddHostedService<StoreProbe>();
        return services;
    }
}
