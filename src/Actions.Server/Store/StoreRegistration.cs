using Actions.Server.Access;
using Actions.Server.Catalog;
using Actions.Storage;

namespace Actions.Server.Store;

/// <summary>The store as the server uses it.</summary>
internal static class StoreRegistration
{
    /// <summary>
    /// Registers the store with its decorators. The time-out stands outside: a write that is abandoned because it takes
    /// too long still drops what is cached when it ends.
    /// </summary>
    public static IServiceCollection AddStore(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddActionStore(configuration);
        services.AddSingleton<StoreCalls>();
        services.AddSingleton<PlanCache>();
        services.AddSingleton<SeenKeys>();
        services.Decorate<IActionStore>((store, provider) => new TimedActionStore(
            new InvalidatingActionStore(store, provider.GetRequiredService<PlanCache>()),
            provider.GetRequiredService<StoreCalls>()));
        services.Decorate<IApiKeyStore>((store, provider) => new TimedApiKeyStore(
            new InvalidatingApiKeyStore(store, provider.GetRequiredService<SeenKeys>()),
            provider.GetRequiredService<StoreCalls>()));
        return services;
    }

    private static void Decorate<T>(this IServiceCollection services, Func<T, IServiceProvider, T> decorate)
        where T : class
    {
        var inner = services.Single(service => service.ServiceType == typeof(T));
        services.Remove(inner);
        services.AddSingleton(provider => decorate((T)inner.ImplementationFactory!(provider), provider));
    }
}
