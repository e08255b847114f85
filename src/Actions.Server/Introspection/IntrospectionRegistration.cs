using Actions.Server.Lifecycle;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Health.V1;
using Grpc.HealthCheck;
using Grpc.Reflection;
using HealthStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Actions.Server.Introspection;

/// <summary>gRPC health and reflection, by gRPC's own packages.</summary>
internal static class IntrospectionRegistration
{
    private const string WholeServer = "";

    // Every service that is mapped, in the order in which reflection lists them.
    private static readonly ServiceDescriptor[] Services =
    [
        V1.ActionConfigService.Descriptor,
        V1.ActionService.Descriptor,
        V1.ApiKeyService.Descriptor,
        V1.ExecutionService.Descriptor,
        Health.Descriptor,
        Grpc.Reflection.V1.ServerReflection.Descriptor,
        Grpc.Reflection.V1Alpha.ServerReflection.Descriptor,
    ];

    /// <summary>Needs <see cref="ServingStatus"/>.</summary>
    public static IServiceCollection AddIntrospection(this IServiceCollection services)
    {
        services.AddGrpcHealthChecks(health =>
        {
            // The package publishes checks every 30 s. ServingStatus sets the statuses instead, at once.
            health.UseHealthChecksCache = true;
            health.Services.Clear();
        });

        // Before AddGrpcReflection, whose own registration knows only what the services import. Error details travel in
        // google.protobuf.Any and as names, so no service imports them.
        var names = Services.Select(service => service.FullName);
        var symbols = SymbolRegistry.FromFiles(
        [
            .. Services.Select(service => service.File),
            ErrorReasonReflection.Descriptor,
            StatusReflection.Descriptor,
            ErrorDetailsReflection.Descriptor,
            EmptyReflection.Descriptor,
        ]);
        services.AddSingleton(new ReflectionServiceImpl(names, symbols));
        services.AddSingleton(new ReflectionV1ServiceImpl(names, symbols));
        services.AddGrpcReflection();
        return services;
    }

    public static void MapIntrospection(this WebApplication app)
    {
        var health = app.Services.GetRequiredService<HealthServiceImpl>();
        app.Services.GetRequiredService<ServingStatus>().Subscribe(state => Publish(health, state));
        app.MapGrpcHealthChecksService();
        app.MapGrpcReflectionService();
    }

    // All services share one state: they need the same store.
    private static void Publish(HealthServiceImpl health, ServingState state)
    {
        var status = state == ServingState.Ready ? HealthStatus.Serving : HealthStatus.NotServing;
        health.SetStatus(WholeServer, status);
        foreach (var service in Services)
            health.SetStatus(service.FullName, status);
    }
}
