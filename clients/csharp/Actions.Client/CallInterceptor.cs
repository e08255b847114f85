using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Actions.Client;

/// <summary>Adds the key and the deadline to each call, and turns errors into <see cref="ActionException"/>.</summary>
internal sealed class CallInterceptor(ActionsClientOptions options) : Interceptor
{
    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, Prepared(context));
        return new AsyncUnaryCall<TResponse>(
            ResponseAsync(call.ResponseAsync), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request, ClientInterceptorContext<TRequest, TResponse> context, AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        var call = continuation(request, Prepared(context));
        return new AsyncServerStreamingCall<TResponse>(
            new Reader<TResponse>(call.ResponseStream), call.ResponseHeadersAsync, call.GetStatus, call.GetTrailers, call.Dispose);
    }

    private ClientInterceptorContext<TRequest, TResponse> Prepared<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        var headers = new Metadata();
        foreach (var entry in context.Options.Headers ?? [])
            headers.Add(entry);
        if (options.ApiKey is { Length: > 0 } key)
            headers.Add("authorization", $"Bearer {key}");
        var deadline = context.Options.Deadline ?? TimeProvider.System.GetUtcNow().UtcDateTime + options.Timeout;
        return new(context.Method, context.Host, context.Options.WithHeaders(headers).WithDeadline(deadline));
    }

    private static async Task<TResponse> ResponseAsync<TResponse>(Task<TResponse> response)
    {
        try
        {
            return await response.ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            throw new ActionException(e);
        }
    }

    private sealed class Reader<T>(IAsyncStreamReader<T> inner) : IAsyncStreamReader<T>
    {
        public T Current => inner.Current;

        public Task<bool> MoveNext(CancellationToken cancellationToken) =>
            ResponseAsync(inner.MoveNext(cancellationToken));
    }
}
