using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Actions.Engine.Response;

/// <summary>A response's body as JSON.</summary>
internal static class ResponseJson
{
    /// <param name="body">What came.</param>
    /// <param name="contentType">What it claims to be.</param>
    /// <param name="wanted">Whether something is asked of it as JSON, whatever it claims to be.</param>
    /// <param name="maxDepth">Levels of arrays and objects.</param>
    /// <param name="broken">Why it is not the JSON that it claims or needs to be; never quotes it.</param>
    /// <returns>Null when there is no body, when it neither claims nor needs to be JSON, and when it is
    /// broken.</returns>
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
            broken = "it is no UTF-8";
            return null;
        }

        try
        {
            return JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = maxDepth });
        }
        catch (JsonException e)
        {
            broken = $"it is no JSON of at most {maxDepth} levels (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})";
            return null;
        }
    }

    /// <returns>Null: UTF-8, or what is taken for it.</returns>
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
            // RFC 2781 section 4.3: the mark tells the order of bytes that the name leaves open.
            if (encoding.CodePage == Encoding.Unicode.CodePage && body.StartsWith(Encoding.BigEndianUnicode.Preamble))
                return Encoding.BigEndianUnicode;
            return encoding.CodePage == Encoding.UTF8.CodePage ? null : encoding;
        }
        // No charset that there is, or one that the platform knows and refuses to read (UTF-7).
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>application/json and anything +json, RFC 6839 section 3.1.</summary>
    private static bool ClaimsJson(MediaTypeHeaderValue? type) =>
        type?.MediaType is { } media
        && (media.EndsWith("/json", StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
}
