using System.Globalization;
using Actions.Server.Configuration;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Actions.Server.Errors;

/// <summary>
/// Adds details to the statuses that the gRPC framework sends before a method is called: for an unknown method, or a
/// message that is too large or can't be read.
/// </summary>
internal sealed class FrameworkStatuses(IOptions<ServerOptions> options)
{
    /// <param name="context">A request that has been handled.</param>
    public void Complete(HttpContext context)
    {
        // Health and reflection have statuses of their own.
        if (Infrastructure.Has(context.Request.Path.Value))
            return;
        // An error without a message is sent in the headers alone; after a message it is in the trailers.
        var trailers = context.Response.HasStarted
            ? context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers
            : context.Response.Headers;
        if (trailers is not { IsReadOnly: false } || trailers.ContainsKey(RpcErrors.DetailsTrailer)
            || !int.TryParse(trailers["grpc-status"], NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            || (StatusCode)code is StatusCode.OK or StatusCode.Cancelled or StatusCode.DeadlineExceeded)
            return;

        var message = Uri.UnescapeDataString(trailers["grpc-message"].ToString());
        // The server itself never sends UNKNOWN: the framework uses it for a request that it can't read, for which
        // gRPC defines INTERNAL.
        if ((StatusCode)code == StatusCode.Unknown)
        {
            (code, message) = ((int)StatusCode.Internal, "The request can't be read.");
            trailers["grpc-status"] = code.ToString(CultureInfo.InvariantCulture);
            trailers["grpc-message"] = message;
        }

        var isMethod = context.GetEndpoint()?.Metadata.GetMetadata<GrpcMethodMetadata>() is not null;
        var status = RpcErrors.StatusOf((StatusCode)code, message, isMethod, options.Value.MaxRequestBytes);
        trailers[RpcErrors.DetailsTrailer] = Convert.ToBase64String(status.ToByteArray());
    }
}
