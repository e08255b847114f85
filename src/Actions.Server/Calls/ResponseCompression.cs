using Grpc.Core;

namespace Actions.Server.Calls;

/// <summary>
/// Compresses responses with gzip if the request was, as gRPC servers in other languages do; all others are
/// uncompressed. Events are small and latency matters: compressing for every client that accepts gzip would cost more
/// than it saves.
/// </summary>
internal static class ResponseCompression
{
    private const string Gzip = "gzip";

    // This header sets the encoding of a single call's response in Grpc.AspNetCore. It isn't sent.
    private const string EncodingOfThisCall = "grpc-internal-encoding-request";

    public static bool IsWanted(ServerCallContext context)
    {
        var headers = context.GetHttpContext().Request.Headers;
        return headers["grpc-encoding"] == Gzip
            && headers["grpc-accept-encoding"].ToString().Split(',', StringSplitOptions.TrimEntries).Contains(Gzip);
    }

    public static Task BeginAsync(ServerCallContext context) =>
        context.WriteResponseHeadersAsync(new Metadata { { EncodingOfThisCall, Gzip } });
}
