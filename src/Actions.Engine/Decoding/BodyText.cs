using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;

namespace Actions.Engine.Decoding;

/// <summary>The text of a body, in whatever character encoding it came.</summary>
/// <param name="Bytes">The text in UTF-8, without a byte order mark.</param>
/// <param name="Encoding">The body's own encoding.</param>
/// <param name="Problem">Why the encoding is a guess; null if it isn't. Quotes nothing but the charset's label.</param>
internal sealed record BodyText(ReadOnlyMemory<byte> Bytes, Encoding Encoding, string? Problem)
{
    private const int LongestShownLabel = 64;

    /// <summary>
    /// Decodes by, in this order: a byte order mark; the zero bytes of UTF-16 and UTF-32; UTF-8, if the body is valid
    /// UTF-8; the label; windows-1252 for each byte that isn't UTF-8. A label of an encoding with several bytes per
    /// character comes before UTF-8, because short texts can be valid in both; but not for JSON, which is UTF-8 (RFC
    /// 8259 section 8.1).
    /// </summary>
    public static BodyText Decode(ReadOnlyMemory<byte> body, string charset, bool isJson)
    {
        var bytes = body.Span;
        var label = charset.Length == 0 ? null : Charsets.Find(charset);
        var problem = charset.Length > 0 && label is null ? $"the charset '{Shown(charset)}' is unknown" : null;
        if (ByteOrderMark(bytes) is var (marked, length))
            return new BodyText(ToUtf8(body[length..], marked), marked, problem);
        if (Wide(bytes) is { } wide)
            return new BodyText(ToUtf8(body, wide), wide, problem);

        var isUtf8 = Utf8.IsValid(bytes);
        // A wide encoding of Latin text has zero bytes, and so has JSON and XML in one.
        if (label is UnicodeEncoding or UTF32Encoding && !bytes.Contains((byte)0)
            && (isUtf8 || bytes.TrimStart(" \t\r\n"u8) is [(byte)'{' or (byte)'[' or (byte)'<', ..]))
            label = null;
        var labelFirst = label is not null && !label.IsSingleByte && label.CodePage != Encoding.UTF8.CodePage
            // ISO-2022-JP is all ASCII; its escapes can't stand in JSON.
            && (!isJson || !isUtf8 || bytes.Contains((byte)'\e'));
        if (isUtf8 && !labelFirst)
            return new BodyText(body, Encoding.UTF8, problem);
        if (label is not null && label.CodePage != Encoding.UTF8.CodePage)
        {
            var text = label.GetString(bytes);
            var isWhole = !text.Contains('\ufffd', StringComparison.Ordinal);
            return new BodyText(
                Encoding.UTF8.GetBytes(text),
                label,
                isWhole ? null : $"its text isn't all in the charset '{Shown(charset)}'");
        }

        return new BodyText(
            Mend(bytes),
            Charsets.Windows1252,
            (problem is null ? "" : $"{problem}, and ") + "its text isn't UTF-8; what isn't was read as windows-1252");
    }

    private static (Encoding Encoding, int Length)? ByteOrderMark(ReadOnlySpan<byte> body)
    {
        // The mark of UTF-32 begins with the one of UTF-16.
        foreach (var encoding in Marked)
            if (body.StartsWith(encoding.Preamble))
                return (encoding, encoding.Preamble.Length);
        return null;
    }

    /// <summary>
    /// UTF-16 or UTF-32 without a mark: text begins with an ASCII character, e.g. of JSON or XML (RFC 4627 section 3).
    /// </summary>
    private static Encoding? Wide(ReadOnlySpan<byte> body) => body switch
    {
        [0, 0, 0, not 0, ..] => Utf32BigEndian,
        [not 0, 0, 0, 0, ..] => Encoding.UTF32,
        [0, not 0, ..] => Encoding.BigEndianUnicode,
        [not 0, 0, ..] => Encoding.Unicode,
        _ => null,
    };

    private static UTF32Encoding Utf32BigEndian { get; } = new(bigEndian: true, byteOrderMark: true);

    private static ImmutableArray<Encoding> Marked { get; } =
        [Encoding.UTF8, Encoding.UTF32, Utf32BigEndian, Encoding.Unicode, Encoding.BigEndianUnicode];

    private static ReadOnlyMemory<byte> ToUtf8(ReadOnlyMemory<byte> body, Encoding encoding) =>
        encoding.CodePage == Encoding.UTF8.CodePage && Utf8.IsValid(body.Span)
            ? body
            : Encoding.UTF8.GetBytes(encoding.GetString(body.Span));

    /// <summary>UTF-8 in which each byte that is no UTF-8 is the windows-1252 character.</summary>
    private static ReadOnlyMemory<byte> Mend(ReadOnlySpan<byte> body)
    {
        var mended = new ArrayBufferWriter<byte>(body.Length + 64);
        while (!body.IsEmpty)
        {
            var plain = body.IndexOfAnyExceptInRange((byte)0, (byte)0x7F);
            plain = plain < 0 ? body.Length : plain;
            mended.Write(body[..plain]);
            body = body[plain..];
            if (body.IsEmpty)
                break;
            if (Rune.DecodeFromUtf8(body, out _, out var length) == OperationStatus.Done)
                mended.Write(body[..length]);
            else
                foreach (var b in body[..length])
                    mended.Write(Of1252[b]);
            body = body[length..];
        }

        return mended.WrittenMemory;
    }

    private static byte[][] Of1252 { get; } =
        [.. Enumerable.Range(0, 256).Select(b => Encoding.UTF8.GetBytes(Charsets.Windows1252.GetString([(byte)b])))];

    /// <summary>A label is the API's text: only what can be read, and not all of a long one.</summary>
    private static string Shown(string label) =>
        string.Concat(label.Where(c => c is >= ' ' and <= '~').Take(LongestShownLabel));
}
