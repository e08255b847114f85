using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Actions.Server;

/// <summary>The only catch: a known failure becomes its status, an unknown one INTERNAL with an id and a log entry.</summary>
internal sealed class ErrorInterceptor(ILogger<ErrorInterceptor> log) : Interceptor
{
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
        RunAsync(context, () => Nothing(continuation(request, responseStream, context)));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => Nothing(continuation(requestStream, responseStream, context)));

    private async Task<TResponse> RunAsync<TResponse>(ServerCallContext context, Func<Task<TResponse>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (RpcException)
        {
            throw;
        }
        catch (Exception e) when (context.CancellationToken.IsCancellationRequested)
        {
            // Nobody listens any more; what broke under the cancellation is no news.
            throw new RpcException(new Status(StatusCode.Cancelled, "The call was cancelled.", e));
        }
        catch (Exception e) when (RpcErrors.From(e) is { } error)
        {
            if (e.InnerException is { } cause)
                log.CallFailed(context.Method, error.StatusCode, cause);
            else
                log.CallRefused(context.Method, error.StatusCode, error.Status.Detail);
            throw error;
        }
        catch (Exception e)
        {
            var errorId = Guid.NewGuid().ToString("N");
            log.CallBroke(context.Method, errorId, e);
            throw RpcErrors.Internal(errorId);
        }
    }

    private static async Task<bool> Nothing(Task call)
    {
        await call.ConfigureAwait(false);
        return true;
    }
}
