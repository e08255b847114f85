using Grpc.Core;

namespace Actions.Server.Calls;

/// <summary>The requests of a client, which end when <paramref name="end"/> is cancelled.</summary>
internal sealed class EndingStream<T>(IAsyncStreamReader<T> inner, CancellationToken end) : IAsyncStreamReader<T>
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
