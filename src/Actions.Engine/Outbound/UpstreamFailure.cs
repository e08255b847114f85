using System.Security.Authentication;
using Actions.V1;

namespace Actions.Engine.Outbound;

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
        HttpRequestException e => new(ReasonOf(e.HttpRequestError, e.InnerException), Describe(e.HttpRequestError, e.InnerException), statusCode),
        // Reading the body: HttpClient's own protocol errors come as HttpIOException.
        HttpIOException e => new(ReasonOf(e.HttpRequestError, e.InnerException), Describe(e.HttpRequestError, e.InnerException), statusCode),
        // What the decompressors say of data that isn't theirs.
        InvalidDataException => new(
            FailureReason.InvalidResponse, "The response's content encoding is broken.", statusCode),
        InvalidOperationException { Source: "System.IO.Compression.Brotli" } => new(
            FailureReason.InvalidResponse, "The response's content encoding is broken.", statusCode),
        IOException => new(FailureReason.Connection, "The connection broke in the middle of the answer.", statusCode),
        _ => null,
    };

    private static FailureReason ReasonOf(HttpRequestError error, Exception? inner) => error switch
    {
        HttpRequestError.NameResolutionError => FailureReason.NameResolution,
        HttpRequestError.SecureConnectionError => FailureReason.Tls,
        HttpRequestError.InvalidResponse or HttpRequestError.VersionNegotiationError => FailureReason.InvalidResponse,
        HttpRequestError.ConfigurationLimitExceeded => FailureReason.ResponseTooLarge,
        _ when inner is AuthenticationException => FailureReason.Tls,
        _ => FailureReason.Connection,
    };

    private static string Describe(HttpRequestError error, Exception? inner) => ReasonOf(error, inner) switch
    {
        FailureReason.NameResolution => "The host's name has no address.",
        FailureReason.Tls => "TLS could not be set up: the certificate isn't trusted or valid for this host, or the handshake failed.",
        FailureReason.InvalidResponse => "What came is no valid HTTP response.",
        FailureReason.ResponseTooLarge => "The response's headers are too large.",
        _ when error == HttpRequestError.ConnectionError => "No connection: refused or unreachable.",
        _ when error == HttpRequestError.ResponseEnded => "The connection was closed before the answer was complete.",
        _ => "The connection broke in the middle of the call.",
    };
}
