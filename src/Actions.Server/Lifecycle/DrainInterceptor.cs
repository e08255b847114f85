using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Actions.Server.Lifecycle;

/// <summary>Counts every call of the API in and out of the <see cref="Drain"/>.</summary>
internal sealed class DrainInterceptor(Drain drain) : Interceptor
{
    // The packages of gRPC itself: health and reflection answer to the very end, and their streams, which have none
    // of their own, hold nothing up.
    private const string Infrastructure = "/grpc.";

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
        RunAsync(context, () => Stream(continuation(request, responseStream, context)));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => Stream(continuation(requestStream, responseStream, context)));

    private async Task<TResponse> RunAsync<TResponse>(ServerCallContext context, Func<Task<TResponse>> call)
    {
        if (context.Method.StartsWith(Infrastructure, StringComparison.Ordinal))
            return await call().ConfigureAwait(false);

        drain.Enter();
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (
            drain.Aborted.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw new DrainingException();
        }
        finally
        {
            drain.Leave();
        }
    }

    private static async Task<bool> Stream(Task call)
    {
        await call.ConfigureAwait(false);
        return true;
    }
}
