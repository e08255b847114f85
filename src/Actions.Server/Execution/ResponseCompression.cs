using Grpc.Core;
using Grpc.Core.Interceptors;

namespace Actions.Server.Execution;

/// <summary>
/// Compresses responses with gzip if the request was, as gRPC servers in other languages do; all others are
/// uncompressed. Events are small and latency matters: compressing for every client that accepts gzip would cost more
/// than it saves.
/// </summary>
internal sealed class ResponseCompression : Interceptor
{
    private const string Gzip = "gzip";

    // This header sets the encoding of a single call's response in Grpc.AspNetCore. It isn't sent.
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
