namespace Actions.Server.Introspection;

internal static class IntrospectionRegistration
{
    /// <summary>gRPC health and reflection. Needs <see cref="Lifecycle.ServingStatus"/>.</summary>
    public static IServiceCollection AddIntrospection(this IServiceCollection services)
    {
        services.AddSingleton<MappedServices>();
        services.AddSingleton<ReflectionAnswers>();
        services.AddSingleton<HealthService>();
        services.AddSingleton<ReflectionService>();
        services.AddSingleton<ReflectionServiceV1Alpha>();
        return services;
    }

    public static void MapIntrospection(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGrpcService<HealthService>();
        endpoints.MapGrpcService<ReflectionService>();
        endpoints.MapGrpcService<ReflectionServiceV1Alpha>();
    }
}
