using System.Text;
using System.Text.Unicode;

namespace Actions.Engine.Http;

/// <summary>
/// The text of a response's header. HttpClient hands on each byte as one character, so that none is lost.
/// </summary>
internal static class HeaderText
{
    /// <summary>How HttpClient reads the headers of responses.</summary>
    public static Encoding Bytes => Encoding.Latin1;

    /// <summary>
    /// UTF-8 if the bytes are, else ISO 8859-1: RFC 9110 section 5.5 leaves bytes above ASCII to the parties.
    /// </summary>
    public static string Read(string bytes)
    {
        if (Ascii.IsValid(bytes))
            return bytes;
        var raw = Bytes.GetBytes(bytes);
        return Utf8.IsValid(raw) ? Encoding.UTF8.GetString(raw) : bytes;
    }

    /// <summary>The same bytes in a URL, each space and each byte above ASCII percent-encoded.</summary>
    public static string PercentEncode(string bytes) => string.Concat(
        bytes.Select(c => c is < '\x80' and not ' ' ? c.ToString() : $"%{(int)c:X2}"));
}
