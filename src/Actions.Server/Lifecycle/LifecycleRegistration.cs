using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Actions.Server.Lifecycle;

internal static class LifecycleRegistration
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// The start, the readiness and the drain. Needs <see cref="Storage.IActionStore"/>, and
    /// <see cref="DrainInterceptor"/> among gRPC's interceptors, inside the one that knows
    /// <see cref="DrainingException"/>.
    /// </summary>
    public static IServiceCollection AddLifecycle(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<DrainOptions>().Bind(configuration.GetSection(DrainOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<ReadinessOptions>().Bind(configuration.GetSection(ReadinessOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<HostOptions>()
            .Configure<IOptions<DrainOptions>>((host, drain) => host.ShutdownTimeout = drain.Value.StopTimeout);

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ServingStatus>();
        services.AddSingleton<Drain>();
        services.AddSingleton<IHostLifetime, DrainLifetime>();
        services.AddSingleton<StorePreparation>();
        services.AddHostedService<StoreProbe>();
        return services;
    }

    /// <summary>
    /// /healthz: the process answers, nothing else is asked. /readyz: it should be sent calls; if not, 503 and why.
    /// </summary>
    public static void MapLifecycle(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/healthz", Reading, () => TypedResults.Text("ok\n"));
        endpoints.MapMethods("/readyz", Reading, (ServingStatus status) => status.Current.State switch
        {
            ServingState.Ready => TypedResults.Text("ready\n"),
            ServingState.Starting => NotReady("starting: the store is not there yet"),
            ServingState.StoreUnavailable => NotReady("store unavailable"),
            _ => NotReady("draining"),
        });
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ContentHttpResult NotReady(string reason) =>
        TypedResults.Text(reason + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
}
