using System.Net.Sockets;
using System.Security.Authentication;
using Actions.Engine.Http;
using Actions.V1;

namespace Actions.Engine.Outcomes;

/// <summary>What an API did wrong.</summary>
/// <param name="Reason">Its kind.</param>
/// <param name="Detail">For developers; holds no variable, header or body.</param>
/// <param name="StatusCode">0 when no response arrived.</param>
internal sealed record UpstreamFailure(FailureReason Reason, string Detail, int StatusCode = 0)
{
    /// <summary>Whether the same call may succeed later. 408, 429, 502, 503 and 504 say so themselves.</summary>
    public bool Retryable { get; init; } = Reason switch
    {
        FailureReason.Timeout or FailureReason.Connection or FailureReason.NameResolution or FailureReason.Overloaded => true,
        FailureReason.HttpStatus => StatusSet.Retryable.Contains(StatusCode),
        _ => false,
    };

    /// <summary>An outcome rule asks for another attempt.</summary>
    public bool RetryWanted { get; init; }

    /// <summary>What the API asked to wait, RFC 9110 section 10.2.3.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What an outcome rule says; null: what the action says for the reason.</summary>
    public string? Message { get; init; }

    /// <summary>Whether it tells that the host is in trouble, not that the request was wrong.</summary>
    public bool IsHostFault => StatusCode >= 500
        || Reason is FailureReason.Timeout or FailureReason.Connection or FailureReason.NameResolution or FailureReason.Tls;

    /// <returns>Null for what isn't the API's doing.</returns>
    public static UpstreamFailure? Classify(Exception exception, int statusCode) => exception switch
    {
        UpstreamException e => e.Failure,
        // What the guard says while connecting comes wrapped.
        HttpRequestException { InnerException: UpstreamException e } => e.Failure,
        // Reading the body: HttpClient's own protocol errors come as HttpIOException.
        HttpRequestException or HttpIOException => Describe(exception, statusCode),
        // What the decompressors say of data that isn't theirs.
        InvalidDataException => new(
            FailureReason.InvalidResponse, "The response's content encoding is broken.", statusCode),
        InvalidOperationException { Source: "System.IO.Compression.Brotli" } => new(
            FailureReason.InvalidResponse, "The response's content encoding is broken.", statusCode),
        // A socket that is reset at the very moment it has connected complains in its own words.
        IOException or SocketException => Describe(exception, statusCode),
        _ => null,
    };

    private static UpstreamFailure Describe(Exception exception, int statusCode)
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
        return new UpstreamFailure(reason, Describe(reason, error), statusCode);
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

    private static string Describe(FailureReason reason, HttpRequestError error) => reason switch
    {
        FailureReason.NameResolution => "The host's name has no address.",
        FailureReason.Tls => "TLS could not be set up: the certificate isn't trusted or valid for this host, or the handshake failed.",
        FailureReason.InvalidResponse => "What came is no valid HTTP response.",
        FailureReason.ResponseTooLarge => "The response's headers are too large.",
        _ => error switch
        {
            HttpRequestError.ConnectionError => "No connection: refused or unreachable.",
            HttpRequestError.SecureConnectionError => "The connection broke in the TLS handshake.",
            HttpRequestError.ResponseEnded => "The connection was closed before the answer was complete.",
            _ => "The connection broke in the middle of the call.",
        },
    };
}
