using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Actions.Server.Execution;

/// <summary>
/// Answers in gzip who asks in gzip, as gRPC servers in other languages do; everybody else uncompressed. Events are
/// small, and somebody waits for them: compressing for all who could read it would cost more than it saves.
/// </summary>
internal sealed class ResponseCompression : Interceptor
{
    private const string Gzip = "gzip";

    // By this header Grpc.AspNetCore is told how to encode a single call's answer. It isn't sent.
    private const string EncodingOfThisCall = "grpc-internal-encoding-request";

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        await ChooseAsync(context).ConfigureAwait(false);
        return await continuation(request, context).ConfigureAwait(false);
    }

    public override async Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request,
        IServerStreamWriter<TResponse> responseStream,
        ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation)
    {
        await ChooseAsync(context).ConfigureAwait(false);
        await continuation(request, responseStream, context).ConfigureAwait(false);
    }

    private static Task ChooseAsync(ServerCallContext context)
    {
        var headers = context.GetHttpContext().Request.Headers;
        return headers["grpc-encoding"] == Gzip
            && headers["grpc-accept-encoding"].ToString().Split(',', StringSplitOptions.TrimEntries).Contains(Gzip)
            ? context.WriteResponseHeadersAsync(new Metadata { { EncodingOfThisCall, Gzip } })
            : Task.CompletedTask;
    }
}
