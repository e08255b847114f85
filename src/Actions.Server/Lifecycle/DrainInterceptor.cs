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
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        // An idle reflection stream must not hold up the stop: it ends as if the client had no more requests.
        var requests = IsInfrastructure(context) ? new EndingStream<TRequest>(requestStream, drain.Aborted) : requestStream;
        return RunAsync(context, () => Stream(continuation(requests, responseStream, context)));
    }

    private async Task<TResponse> RunAsync<TResponse>(ServerCallContext context, Func<Task<TResponse>> call)
    {
        if (IsInfrastructure(context))
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

    private static bool IsInfrastructure(ServerCallContext context) =>
        context.Method.StartsWith(Infrastructure, StringComparison.Ordinal);

    private sealed class EndingStream<T>(IAsyncStreamReader<T> inner, CancellationToken end) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end);
            try
            {
                return await inner.MoveNext(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                return false;
            }
        }
    }
}
