using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Actions.Server.Errors;

/// <summary>Base of interceptors that treat all four kinds of calls alike.</summary>
internal abstract class CallInterceptor : Interceptor
{
    /// <summary>
    /// Whether a method belongs to gRPC itself: health and reflection, which need no credentials and respond until the
    /// server has stopped.
    /// </summary>
    /// <param name="method">E.g. <c>/grpc.health.v1.Health/Check</c>.</param>
    public static bool IsInfrastructure(string? method) =>
        method?.StartsWith("/grpc.", StringComparison.Ordinal) == true;

    public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => continuation(request, context));

    public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => continuation(requestStream, context));

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => WithoutResult(continuation(request, responseStream, context)));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => WithoutResult(continuation(requestStream, responseStream, context)));

    protected abstract Task<T> RunAsync<T>(ServerCallContext context, Func<Task<T>> call);

    private static async Task<bool> WithoutResult(Task call)
    {
        await call.ConfigureAwait(false);
        return true;
    }
}
