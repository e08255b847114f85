using Actions.Server.Access;
using Actions.Server.Catalog;
using Actions.Server.Configuration;
using Actions.Server.Lifecycle;
using Actions.Server.Telemetry;
using Actions.Storage;
using Actions.Storage.Decorators;
using Actions.Storage.Registration;
using Microsoft.Extensions.Options;

namespace Actions.Server.Store;

/// <summary>The store as RPCs get it.</summary>
internal static class StoreRegistration
{
    /// <summary>
    /// The engine that the settings name, decorated twice. Inside: every write invalidates the caches, also one that
    /// ends
    /// after its RPC was given up. Outside: no RPC waits for longer than <see cref="ServerOptions.StoreTimeout"/>, nor
    /// for
    /// a store that the last check found unavailable.
    /// </summary>
    public static IServiceCollection AddStore(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddActionStore(configuration);
        services.AddSingleton(provider =>
        {
            // Not at the first failure: a metric that isn't there can't be watched.
            var metrics = provider.GetRequiredService<StoreMetrics>();
            return new StoreLimit(
                provider.GetRequiredService<IOptions<ServerOptions>>().Value.StoreTimeout,
                () => provider.GetRequiredService<ServingStatus>().State != ServingState.StoreUnavailable,
                provider.GetRequiredService<TimeProvider>(),
                timedOut => metrics.Failed(timedOut ? StoreMetrics.Timeout : StoreMetrics.Unavailable));
        });
        services.Decorate<IActionStore>((provider, engine) => new LimitedActionStore(
            new NotifyingActionStore(
                engine,
                written =>
                {
                    provider.GetRequiredService<PlanCache>().Invalidate(written, etag: null);
                    provider.GetRequiredService<VariableIndexes>().Invalidate(written.Workspace);
                }),
            provider.GetRequiredService<StoreLimit>()));
        services.Decorate<IApiKeyStore>((provider, engine) => new LimitedApiKeyStore(
            new NotifyingApiKeyStore(engine, provider.GetRequiredService<ApiKeyCache>().Invalidate),
            provider.GetRequiredService<StoreLimit>()));
        services.Decorate<ICallStore>(
            (provider, engine) => new LimitedCallStore(engine, provider.GetRequiredService<StoreLimit>()));
        return services;
    }

    private static void Decorate<TPort>(this IServiceCollection services, Func<IServiceProvider, TPort, TPort> decorate)
        where TPort : class
    {
        var engine = services.Single(service => service.ServiceType == typeof(TPort)).ImplementationFactory!;
        services.AddSingleton(provider => decorate(provider, (TPort)engine(provider)));
    }
}
