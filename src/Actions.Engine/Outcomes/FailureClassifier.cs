using System.Net.Sockets;
using System.Security.Authentication;
using Actions.V1;

namespace Actions.Engine.Outcomes;

/// <summary>Maps exceptions of HttpClient and sockets to failures.</summary>
internal static class FailureClassifier
{
    /// <returns>Null: the exception is a defect of this server, not a failure of the API.</returns>
    public static UpstreamFailure? Classify(Exception exception) => exception switch
    {
        UpstreamException e => e.Failure,
        // The SSRF guard's exceptions arrive wrapped if thrown while connecting.
        HttpRequestException { InnerException: UpstreamException e } => e.Failure,
        // Reading the body: HttpClient reports protocol errors as HttpIOException.
        HttpRequestException or HttpIOException => FromHttp(exception),
        // A socket that is reset just after it connected throws an exception of its own.
        IOException or SocketException => FromHttp(exception),
        _ => null,
    };

    private static UpstreamFailure FromHttp(Exception exception)
    {
        var (error, cause) = CauseOf(exception);
        var reason = error switch
        {
            HttpRequestError.NameResolutionError => FailureReason.NameResolution,
            // A handshake broken by the network is no evidence of a TLS problem.
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
                new(reason, "The connection was closed before the response was complete.")
                {
                    OnKeptConnection = cause is UnansweredException { OnKeptConnection: true }
                        || cause.InnerException is UnansweredException { OnKeptConnection: true },
                },
            _ => new(reason, FailureTraits.Of(reason).Detail),
        };
    }

    /// <summary>The first known cause in the chain: HTTP/2 wraps a connection's error in a request's error.</summary>
    private static (HttpRequestError Error, Exception Cause) CauseOf(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            var error = (cause as HttpRequestException)?.HttpRequestError ?? (cause as HttpIOException)?.HttpRequestError;
            if (error is not (null or HttpRequestError.Unknown))
                return (error.Value, cause);
            // A header block that can't be decompressed; HttpClient's exception type is internal.
            if (cause.GetType().Namespace == "System.Net.Http.HPack")
                return (HttpRequestError.InvalidResponse, cause);
        }

        return (HttpRequestError.Unknown, exception);
    }

    /// <summary>
    /// RFC 9113 section 7: PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR, COMPRESSION_ERROR. With
    /// the other codes a server withdraws a stream or connection.
    /// </summary>
    private static bool IsNoHttp2(Exception cause) =>
        (cause as HttpProtocolException ?? cause.InnerException as HttpProtocolException)?.ErrorCode is 1 or 3 or 5 or 6 or 9;
}
