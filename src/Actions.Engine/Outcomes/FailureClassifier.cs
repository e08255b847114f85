using System.Net.Sockets;
using System.Security.Authentication;
using Actions.V1;

namespace Actions.Engine.Outcomes;

/// <summary>Exceptions of HttpClient, sockets and decompressors as failures.</summary>
internal static class FailureClassifier
{
    private static readonly UpstreamFailure BrokenEncoding =
        new(FailureReason.InvalidResponse, "The response's content encoding is broken.");

    /// <returns>Null: not the API's doing, but a fault of ours.</returns>
    public static UpstreamFailure? Classify(Exception exception) => exception switch
    {
        UpstreamException e => e.Failure,
        // What the guard says while connecting comes wrapped.
        HttpRequestException { InnerException: UpstreamException e } => e.Failure,
        // Reading the body: HttpClient's own protocol errors come as HttpIOException.
        HttpRequestException or HttpIOException => FromHttp(exception),
        // What the decompressors say of data that isn't theirs.
        InvalidDataException => BrokenEncoding,
        InvalidOperationException { Source: "System.IO.Compression.Brotli" } => BrokenEncoding,
        // A socket that is reset at the very moment it has connected complains in its own words.
        IOException or SocketException => FromHttp(exception),
        _ => null,
    };

    private static UpstreamFailure FromHttp(Exception exception)
    {
        var (error, cause) = CauseOf(exception);
        var reason = error switch
        {
            HttpRequestError.NameResolutionError => FailureReason.NameResolution,
            // A handshake that the network breaks says nothing about TLS.
            HttpRequestError.SecureConnectionError when cause.InnerException is not IOException => FailureReason.Tls,
            HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError => FailureReason.InvalidResponse,
            HttpRequestError.HttpProtocolError when IsNoHttp2(cause) => FailureReason.InvalidResponse,
            HttpRequestError.ConfigurationLimitExceeded => FailureReason.ResponseTooLarge,
            _ when cause.InnerException is AuthenticationException => FailureReason.Tls,
            _ => FailureReason.Connection,
        };
        return (reason, error) switch
        {
            (FailureReason.Connection, HttpRequestError.ConnectionError) =>
                new(reason, "No connection: refused or unreachable.") { Stage = FailureStage.Connect },
            (FailureReason.Connection, HttpRequestError.SecureConnectionError) =>
                new(reason, "The connection broke in the TLS handshake.") { Stage = FailureStage.Tls },
            (FailureReason.Connection, HttpRequestError.ResponseEnded) =>
                new(reason, "The connection was closed before the answer was complete.")
                {
                    OnKeptConnection = cause is UnansweredException { OnKeptConnection: true }
                        || cause.InnerException is UnansweredException { OnKeptConnection: true },
                },
            _ => new(reason, FailureTraits.Of(reason).Detail),
        };
    }

    /// <summary>The first that knows what happened: HTTP/2 wraps a connection's error in that of a request.</summary>
    private static (HttpRequestError Error, Exception Cause) CauseOf(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            var error = (cause as HttpRequestException)?.HttpRequestError ?? (cause as HttpIOException)?.HttpRequestError;
            if (error is not (null or HttpRequestError.Unknown))
                return (error.Value, cause);
            // A header block that can't be decompressed; the type is HttpClient's own.
            if (cause.GetType().Namespace == "System.Net.Http.HPack")
                return (HttpRequestError.InvalidResponse, cause);
        }

        return (HttpRequestError.Unknown, exception);
    }

    /// <summary>
    /// RFC 9113 section 7: PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR, COMPRESSION_ERROR. The
    /// other codes are those by which a server takes back what it began.
    /// </summary>
    private static bool IsNoHttp2(Exception cause) =>
        (cause as HttpProtocolException ?? cause.InnerException as HttpProtocolException)?.ErrorCode is 1 or 3 or 5 or 6 or 9;
}
