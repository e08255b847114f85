using Actions.Server.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Actions.Server.Lifecycle;

internal static class LifecycleRegistration
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];

    /// <summary>
    /// Registers the readiness and the drain. Needs <see cref="Storage.IActionStore"/>, and an interceptor that counts
    /// the calls in and out of <see cref="Drain"/>.
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
        services.TryAddSingleton<EarlySignals>();
        services.AddSingleton<IHostLifetime, DrainLifetime>();
        return services;
    }

    /// <summary>
    /// <c>/healthz</c>: the process responds; nothing else is checked. <c>/readyz</c>: the server should get calls; if
    /// not, 503 and the reason.
    /// </summary>
    /// <remarks>
    /// Use <c>/readyz?exclude=store</c> to decide whether calls are sent at all: an unavailable store is unavailable to
    /// all servers, which continue with their cached data. The parameter is that of Kubernetes' own API server
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
