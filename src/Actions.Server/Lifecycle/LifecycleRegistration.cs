using Actions.Server.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Actions.Server.Lifecycle;

internal static class LifecycleRegistration
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// The start, the readiness and the drain. Needs <see cref="Storage.IActionStore"/>, and
    /// <see cref="DrainInterceptor"/> among gRPC's interceptors, inside the one that knows
    /// <c>DrainingException</c>.
    /// </summary>
    public static IServiceCollection AddLifecycle(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<DrainOptions>(configuration, DrainOptions.Section);
        services.AddSettings<ReadinessOptions>(configuration, ReadinessOptions.Section);
        services.AddOptions<HostOptions>()
            .Configure<IOptions<DrainOptions>>((host, drain) => host.ShutdownTimeout = drain.Value.StopTimeout);

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ServingStatus>();
        services.AddSingleton<Drain>();
        services.AddSingleton<IHostLifetime, DrainLifetime>();
        return services;
    }

    /// <summary>
    /// /healthz: the process answers, nothing else is asked. /readyz: it should be sent calls; if not, 503 and why.
    /// </summary>
    /// <remarks>
    /// <c>/readyz?exclude=store</c> is for who decides whether calls are sent at all: a store that is away is away for
    /// all
    /// servers, which go on with what they know. The parameter is that of Kubernetes' own API server
    /// (https://kubernetes.io/docs/reference/using-api/health-checks/).
    /// </remarks>
    public static void MapLifecycle(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapMethods("/healthz", Reading, () => TypedResults.Text("ok\n"));
        endpoints.MapMethods("/readyz", Reading, (ServingStatus status, string? exclude) => status.State switch
        {
            ServingState.StoreUnavailable when exclude == "store" => TypedResults.Text("ready, but for the store\n"),
            ServingState.Ready => TypedResults.Text("ready\n"),
            ServingState.Starting => NotReady("starting: the store is not there yet"),
            ServingState.StoreUnavailable => NotReady("store unavailable"),
            _ => NotReady("draining"),
        });
    }

    private static Microsoft.AspNetCore.Http.HttpResults.ContentHttpResult NotReady(string reason) =>
        TypedResults.Text(reason + "\n", statusCode: StatusCodes.Status503ServiceUnavailable);
}
