using Actions.Server.Lifecycle;
using Grpc.Core;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;
using HealthStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Actions.Server.Introspection;

/// <summary>grpc.health.v1. All services of a server share one state: they need the same store.</summary>
internal sealed class HealthService(ServingStatus status, MappedServices services, IHostApplicationLifetime host)
    : Health.HealthBase
{
    private const string WholeServer = "";

    private readonly HashSet<string> _known = [WholeServer, .. services.All.Select(service => service.FullName)];

    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        if (!_known.Contains(request.Service))
            throw new RpcException(new Status(StatusCode.NotFound, "This server has no such service."));

        return Task.FromResult(Answer(StatusFor(status.Current.State)));
    }

    public override Task<HealthListResponse> List(HealthListRequest request, ServerCallContext context)
    {
        var answer = Answer(StatusFor(status.Current.State));
        var list = new HealthListResponse();
        foreach (var service in _known)
            list.Statuses.Add(service, answer);

        return Task.FromResult(list);
    }

    public override async Task Watch(
        HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        var known = _known.Contains(request.Service);
        var gone = context.CancellationToken;
        using var goneOrStopping = CancellationTokenSource.CreateLinkedTokenSource(gone, host.ApplicationStopping);

        for (HealthStatus? sent = null; !gone.IsCancellationRequested;)
        {
            // Looked at before the state, so that the last state is sent before the stream ends.
            var stopping = host.ApplicationStopping.IsCancellationRequested;
            var observation = status.Current;
            var now = known ? StatusFor(stopping ? ServingState.Draining : observation.State) : ServiceUnknown;
            if (now != sent)
            {
                await responseStream.WriteAsync(Answer(now), gone).ConfigureAwait(false);
                sent = now;
            }

            if (stopping)
                return;

            await observation.Superseded.WaitAsync(goneOrStopping.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static HealthStatus StatusFor(ServingState state) => state == ServingState.Ready ? Serving : NotServing;

    private static HealthCheckResponse Answer(HealthStatus status) => new() { Status = status };
}
