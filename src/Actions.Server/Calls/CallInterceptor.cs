using Actions.Server.Errors;
using Actions.Server.Lifecycle;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Actions.Server.Calls;

/// <summary>Puts the <see cref="CallGuard"/> around the methods of all services but those that do it themselves.</summary>
internal sealed class CallInterceptor(CallGuard guard, Drain drain) : Interceptor
{
    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        Task<TResponse>? answer = null;
        await RunAsync(context, () => answer = continuation(request, context)).ConfigureAwait(false);
        return await answer!.ConfigureAwait(false);
    }

    public override async Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        ServerCallContext context,
        ClientStreamingServerMethod<TRequest, TResponse> continuation)
    {
        Task<TResponse>? answer = null;
        await RunAsync(context, () => answer = continuation(requestStream, context)).ConfigureAwait(false);
        return await answer!.ConfigureAwait(false);
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync(context, () => continuation(request, responseStream, context));

    public override Task DuplexStreamingServerHandler<TRequest, TResponse>(
        IAsyncStreamReader<TRequest> requestStream,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        DuplexStreamingServerMethod<TRequest, TResponse> continuation)
    {
        // An idle reflection stream must not hold up the stop: it ends as if the client had no more requests.
        var requests = Infrastructure.Has(context.Method) ? new EndingStream<TRequest>(requestStream, drain.Aborted) : requestStream;
        return RunAsync(context, () => continuation(requests, responseStream, context));
    }

    private Task RunAsync(ServerCallContext context, Func<Task> call) => guard.RunAsync(context, call, static call => call());
}
