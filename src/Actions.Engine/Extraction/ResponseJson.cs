using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Unicode;

namespace Actions.Engine.Extraction;

/// <summary>A response's body as JSON.</summary>
internal static class ResponseJson
{
    /// <param name="body">What came.</param>
    /// <param name="contentType">What it claims to be.</param>
    /// <param name="wanted">Whether fields are selected from it, whatever it claims to be.</param>
    /// <param name="maxDepth">Levels of arrays and objects.</param>
    /// <returns>Null when there is no body, or it neither claims nor needs to be JSON.</returns>
    /// <exception cref="FormatException">It is not the JSON that it claims or needs to be.</exception>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> body, string contentType, bool wanted, int maxDepth)
    {
        if (body.IsEmpty || !(wanted || ClaimsJson(contentType)))
            return null;
        // RFC 8259 section 8.1: a reader may ignore a byte order mark.
        if (body.Span.StartsWith("\uFEFF"u8))
            body = body[3..];
        if (!Utf8.IsValid(body.Span))
            throw new FormatException("it is no UTF-8");
        try
        {
            return JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = maxDepth });
        }
        catch (JsonException e)
        {
            // The exception's own text may quote the body.
            throw new FormatException(
                $"it is no JSON of at most {maxDepth} levels (line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1})");
        }
    }

    /// <summary>application/json and anything +json, RFC 6839 section 3.1.</summary>
    private static bool ClaimsJson(string contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type) && type.MediaType is { } media
        && (media.EndsWith("/json", StringComparison.OrdinalIgnoreCase) || media.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
}
