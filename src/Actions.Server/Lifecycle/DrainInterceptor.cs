using Actions.Server.Errors;
using Grpc.Core;

namespace Actions.Server.Lifecycle;

/// <summary>Counts every call of the API in and out of the <see cref="Drain"/>.</summary>
internal sealed class DrainInterceptor(Drain drain) : CallInterceptor
{
    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        // An idle reflection stream must not hold up the stop: it ends as if the client had no more requests.
        var requests = IsInfrastructure(context.Method) ? new EndingStream<TRequest>(requestStream, drain.Aborted) : requestStream;
        return base.DuplexStreamingServerHandler(requests, responseStream, context, continuation);
    }

    protected override async Task<T> RunAsync<T>(ServerCallContext context, Func<Task<T>> call)
    {
        if (IsInfrastructure(context.Method))
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
            catch (Exception e) when (e is not (RpcException or OperationCanceledException))
            {
                // The client's message can't be read. That is no error of the server, which would be logged.
                throw new RpcException(new Status(StatusCode.Internal, "The request can't be read.", e));
            }
        }
    }
}
