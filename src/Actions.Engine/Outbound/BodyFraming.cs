using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Actions.Engine.Outbound;

/// <summary>
/// Checks that a response's body is the one that its headers announce, RFC 9112 section 6.3 and RFC 9113 section
/// 8.1.1. HttpClient takes a Content-Length that it can't read as none, so that a body that was cut would count as
/// whole; and over HTTP/2 it compares no lengths.
/// </summary>
internal static class BodyFraming
{
    private const string TwoLengths = "The response states two different lengths.";

    /// <summary>Makes reading the body fail if it isn't the one announced. If nobody reads it, the status
    /// decides.</summary>
    public static void Enforce(HttpResponseMessage response)
    {
        // RFC 9110 sections 8.6 and 15.4.5: the length is the one of another response.
        if (response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.NotModified)
            return;
        var lengths = Values(response.Content.Headers, "Content-Length");
        var codings = Values(response.Headers, "Transfer-Encoding");
        var isHttp1 = response.Version.Major == 1;
        if (lengths.IsEmpty && (codings.IsEmpty || IsChunked(codings)))
            return;
        // HttpClient itself reads exactly as many bytes.
        if (isHttp1 && codings.IsEmpty && lengths.Length == 1 && response.Content.Headers.ContentLength is not null)
            return;

        long? length = null;
        var problem = CheckCodings(codings) ?? ReadLength(lengths, out length);
        // Equal lengths: HttpClient takes them for none, and would read until the connection is closed.
        response.Content = new FramedContent(response.Content, problem, length, endsItself: !isHttp1
            || !codings.IsEmpty);
    }

    private static bool IsChunked(ImmutableArray<string> codings) =>
        codings is [var only] && only.Equals("chunked", StringComparison.OrdinalIgnoreCase);

    private static string? CheckCodings(ImmutableArray<string> codings) =>
        codings.IsEmpty || IsChunked(codings) ? null : "The response has a transfer coding that isn't supported.";

    /// <returns>The problem with the lengths, or null.</returns>
    private static string? ReadLength(ImmutableArray<string> lengths, out long? length)
    {
        length = null;
        foreach (var text in lengths)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var stated))
                return "The response states a length that isn't a number of bytes.";
            if (length is not null && length != stated)
                return TwoLengths;
            length = stated;
        }

        return null;
    }

    private static ImmutableArray<string> Values(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values)
            ? [.. values.SelectMany(value => value.Split(',', StringSplitOptions.TrimEntries))]
            : [];
}
