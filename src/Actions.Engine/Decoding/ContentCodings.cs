using System.Collections.Frozen;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Unicode;

namespace Actions.Engine.Decoding;

/// <summary>The content codings of a body, RFC 9110 section 8.4.</summary>
internal static class ContentCodings
{
    /// <summary>The codings that an API may use, for Accept-Encoding.</summary>
    public const string Accepted = "gzip, deflate, br";

    private static readonly FrozenSet<string> Known =
        new[] { "gzip", "x-gzip", "deflate", "x-deflate", "br" }.ToFrozenSet();

    // The rest of IANA's registry, and names in use without it: a body in one of these can't be read as it is.
    private static readonly FrozenSet<string> Foreign = new[]
    {
        "aes128gcm", "compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip", "zstd",
        "aws-chunked", "bzip2", "x-bzip2",
        "bz2", "lzma", "x-lzma", "xz", "x-xz", "lz4", "snappy", "x-snappy-framed", "sdch", "xpress", "zlib", "zip",
    }.ToFrozenSet();

    /// <summary>
    /// The codings in the order in which they were applied. Words that are no codings, such as <c>identity</c>,
    /// <c>none</c> or a charset, change nothing and are left out.
    /// </summary>
    public static IReadOnlyList<string> Of(HttpContent content) =>
        content.Headers.NonValidated.TryGetValues("Content-Encoding", out var values)
            ? [.. string.Join(',', values).Split(',').Select(Name).Where(IsCoding)]
            : [];

    public static bool CanDecode(string coding) => Known.Contains(coding);

    /// <param name="encoded">The bytes of an array.</param>
    /// <param name="coding">One that can be decoded. gzip and deflate are taken for one another where the data says
    /// so.</param>
    /// <exception cref="InvalidDataException">Thrown on reading: the data isn't in that coding.</exception>
    public static Stream Decode(ReadOnlyMemory<byte> encoded, string coding)
    {
        // The bytes of a CappedBody are in an array.
        MemoryMarshal.TryGetArray(encoded, out var bytes);
        var stream = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
        if (coding == "br")
            return new BrotliStream(stream, CompressionMode.Decompress);
        if (HasZlibHeader(encoded.Span))
            return new ZLibStream(stream, CompressionMode.Decompress);
        // The registered coding deflate is zlib's format, but some servers send it without zlib's header.
        return coding is "gzip" or "x-gzip" || encoded.Span.StartsWith(GzipHeader)
            ? new GZipStream(stream, CompressionMode.Decompress)
            : new DeflateStream(stream, CompressionMode.Decompress);
    }

    /// <summary>Whether a decompressor threw it because of its input.</summary>
    public static bool IsBroken(Exception exception) =>
        exception is InvalidDataException or InvalidOperationException { Source: "System.IO.Compression.Brotli" };

    /// <summary>Whether the bytes are text as they are. Compressed data isn't.</summary>
    public static bool IsText(ReadOnlySpan<byte> bytes)
    {
        if (!Utf8.IsValid(bytes))
            return false;
        foreach (var b in bytes)
            if (b < ' ' && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r'))
                return false;
        return true;
    }

    private static bool IsCoding(string name) => Known.Contains(name) || Foreign.Contains(name);

    private static string Name(string value) => value.Split(';')[0].Trim(' ', '\t', '"', '\'').ToLowerInvariant();

    /// <summary>RFC 1952 section 2.3.1.</summary>
    private static ReadOnlySpan<byte> GzipHeader => [0x1F, 0x8B, 8];

    /// <summary>RFC 1950 section 2.2.</summary>
    private static bool HasZlibHeader(ReadOnlySpan<byte> data) =>
        data is [var method, var flags, ..] && (method & 0x0F) == 8 && ((method << 8) + flags) % 31 == 0;
}
