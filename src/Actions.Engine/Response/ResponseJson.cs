using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Actions.Engine.Response;

/// <summary>A response's body as JSON.</summary>
internal static class ResponseJson
{
    /// <param name="contentType">The response's Content-Type.</param>
    /// <param name="wanted">Whether the action reads the body as JSON, whatever its Content-Type.</param>
    /// <param name="maxDepth">The limit of nested arrays and objects.</param>
    /// <param name="broken">The reason why a body declared or needed as JSON isn't valid; never quotes the
    /// body.</param>
    /// <returns>Null if the body is empty, invalid, or neither declared nor needed as JSON.</returns>
    public static JsonDocument? TryParse(
        ReadOnlyMemory<byte> body, string contentType, bool wanted, int maxDepth, out string? broken)
    {
        broken = null;
        var type = TypeOf(contentType);
        if (body.IsEmpty || !(wanted || ClaimsJson(type)))
            return null;
        if (ForeignCharset(type, body.Span) is { } encoding)
            body = Encoding.Convert(encoding, Encoding.UTF8, body.ToArray());
        // RFC 8259 section 8.1: a reader may ignore a byte order mark.
        if (body.Span.StartsWith("\uFEFF"u8))
            body = body[3..];
        if (!Utf8.IsValid(body.Span))
        {
            broken = "it isn't UTF-8";
            return null;
        }

        try
        {
            return JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = maxDepth });
        }
        catch (JsonException e)
        {
            broken = $"it isn't JSON of at most {maxDepth} levels (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})";
            return null;
        }
    }

    /// <returns>The encoding; null for UTF-8 and for text treated as UTF-8.</returns>
    public static Encoding? ForeignCharset(string contentType, ReadOnlySpan<byte> body) =>
        ForeignCharset(TypeOf(contentType), body);

    private static MediaTypeHeaderValue? TypeOf(string contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type) ? type : null;

    private static Encoding? ForeignCharset(MediaTypeHeaderValue? type, ReadOnlySpan<byte> body)
    {
        if (type?.CharSet is not { Length: > 0 } charset)
            return null;
        try
        {
            var encoding = CodePagesEncodingProvider.Instance.GetEncoding(charset.Trim('"')) ?? Encoding.GetEncoding(charset.Trim('"'));
            // RFC 2781 section 4.3: the byte order mark decides the order of bytes if the name leaves it open.
            if (encoding.CodePage == Encoding.Unicode.CodePage && body.StartsWith(Encoding.BigEndianUnicode.Preamble))
                return Encoding.BigEndianUnicode;
            return encoding.CodePage == Encoding.UTF8.CodePage ? null : encoding;
        }
        // An unknown charset, or one that the platform refuses to read (UTF-7).
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>application/json and any +json type, RFC 6839 section 3.1.</summary>
    private static bool ClaimsJson(MediaTypeHeaderValue? type) =>
        type?.MediaType is { } media
        && (media.EndsWith("/json", StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
}
