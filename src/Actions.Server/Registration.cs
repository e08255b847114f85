using Actions.Engine;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Server.Access;
using Actions.Server.Calls;
using Actions.Server.Catalog;
using Actions.Server.Configs;
using Actions.Server.Configuration;
using Actions.Server.Errors;
using Actions.Server.Execution;
using Actions.Server.Execution.Reports;
using Actions.Server.Preparation;
using Actions.Server.History;
using Actions.Server.Strangers;
using Actions.Server.Telemetry;
using Grpc.AspNetCore.Server;
using Grpc.HealthCheck;
using Grpc.Reflection;
using Microsoft.Extensions.Options;

namespace Actions.Server;

/// <summary>The parts that carry an execution.</summary>
internal static class Registration
{
    public static IServiceCollection AddEngine(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<EngineOptions>(configuration, EngineOptions.Section);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<EngineOptions>>().Value);
        services.AddSsrfGuard(configuration);
        services.AddSingleton<UpstreamHttp>();
        services.AddSingleton<ActionCompiler>();
        services.AddSingleton<ActionEngine>();
        return services;
    }

    public static IServiceCollection AddActionServices(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            var cache = ActivatorUtilities.CreateInstance<PlanCache>(provider);
            provider.GetRequiredService<CatalogMetrics>().ObserveEvictions(() => cache.Evictions);
            return cache;
        });
        services.AddSingleton<ActionCatalog>();
        services.AddSingleton<VariableIndexes>();
        services.AddHostedService<CatalogFollower>();
        services.AddSingleton<ResultDrift>();
        services.AddSingleton<ActiveExecutions>();
        services.AddSingleton<ExecutionReport>();
        services.AddSingleton<CallErrors>();
        services.AddSingleton<CallGuard>();
        services.AddSingleton<CallInterceptor>();
        services.AddGrpc();
        // Each service by its name, because ActionService guards its calls itself: an interceptor would allocate half a
        // kilobyte for each.
        services.GuardCalls<ActionConfigService>();
        services.GuardCalls<ApiKeyService>();
        services.GuardCalls<ExecutionService>();
        services.GuardCalls<HealthServiceImpl>();
        services.GuardCalls<ReflectionServiceImpl>();
        services.GuardCalls<ReflectionV1ServiceImpl>();
        // Health and reflection need no credentials: only what AccessGate guards takes large messages.
        services.AddOptions<GrpcServiceOptions>().Configure<IOptions<StrangerOptions>>(
            (grpc, options) => grpc.MaxReceiveMessageSize = options.Value.MaxMessageBytes);
        services.TakeLargeMessages<ActionService>();
        services.TakeLargeMessages<ActionConfigService>();
        services.TakeLargeMessages<ApiKeyService>();
        services.AddSingleton<Preparer>();
        services.TakeLargeMessages<ExecutionService>();
        services.AddSingleton<ActionService>();
        services.AddSingleton<ActionConfigService>();
        services.AddSingleton<ApiKeyService>();
        services.AddSingleton<ExecutionService>();
        return services;
    }

    private static void GuardCalls<TService>(this IServiceCollection services)
        where TService : class =>
        services.AddOptions<GrpcServiceOptions<TService>>().Configure(grpc => grpc.Interceptors.Add<CallInterceptor>());

    private static void TakeLargeMessages<TService>(this IServiceCollection services)
        where TService : class =>
        services.AddOptions<GrpcServiceOptions<TService>>().Configure<IOptions<ServerOptions>>(
            (grpc, options) => grpc.MaxReceiveMessageSize = options.Value.MaxRequestBytes);

    public static void MapActionServices(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<ActionService>();
        endpoints.MapGrpcService<ActionConfigService>();
        endpoints.MapGrpcService<ApiKeyService>();
        endpoints.MapGrpcService<ExecutionService>();
    }
}
