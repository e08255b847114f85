using Actions.Engine.Http;

namespace Actions.Engine.Decoding;

/// <summary>
/// A Content-Type (RFC 9110 section 8.3), read as forgivingly as APIs write it: any case, quotes, spaces, a missing or
/// trailing semicolon. What is missing is empty.
/// </summary>
/// <param name="MediaType">Type and subtype in lower case; empty if there is none.</param>
/// <param name="Charset">The label of the charset as it came; empty if there is none.</param>
internal readonly record struct ContentType(string MediaType, string Charset)
{
    private const string Separators = " \t;";

    /// <summary>application/json and any +json type, RFC 6839 section 3.1.</summary>
    public bool ClaimsJson =>
        MediaType.EndsWith("/json", StringComparison.Ordinal)
        || MediaType.EndsWith("/x-json", StringComparison.Ordinal)
        || MediaType.EndsWith("+json", StringComparison.Ordinal);

    /// <summary>application/xml, text/xml and any +xml type, RFC 7303.</summary>
    public bool ClaimsXml =>
        MediaType.EndsWith("/xml", StringComparison.Ordinal) || MediaType.EndsWith("+xml", StringComparison.Ordinal);

    /// <param name="text">Of several, joined by commas, the first counts.</param>
    public static ContentType Parse(string text)
    {
        var rest = text.AsSpan().TrimStart(Separators);
        var end = rest.IndexOfAny(" \t;,");
        var media = end < 0 ? rest : rest[..end];
        // A value that is only a parameter, such as "charset=utf-8".
        if (media.Contains('='))
            return new ContentType("", CharsetIn(rest));
        return new ContentType(
            IsMediaType(media) ? media.ToString().ToLowerInvariant() : "", end < 0 ? "" : CharsetIn(rest[end..]));
    }

    /// <summary>The first parameter of that name counts, as in the WHATWG MIME Sniffing standard.</summary>
    private static string CharsetIn(ReadOnlySpan<char> rest)
    {
        while (true)
        {
            rest = rest.TrimStart(Separators);
            if (rest.IsEmpty || rest[0] == ',')
                return "";
            var end = rest.IndexOfAny("=;,");
            if (end < 0)
                return "";
            var name = rest[..end].Trim();
            if (rest[end] != '=')
            {
                rest = rest[end..];
                continue;
            }

            var value = ValueOf(ref rest, end + 1);
            if (name.Equals("charset", StringComparison.OrdinalIgnoreCase) && value.Length > 0)
                return value;
        }
    }

    /// <param name="rest">Is moved behind the value.</param>
    private static string ValueOf(ref ReadOnlySpan<char> rest, int start)
    {
        rest = rest[start..].TrimStart(" \t");
        if (rest.IsEmpty || rest[0] is not ('"' or '\''))
        {
            var end = rest.IndexOfAny(";,");
            end = end < 0 ? rest.Length : end;
            var plain = rest[..end].Trim().ToString();
            rest = rest[end..];
            return plain;
        }

        var (quote, value, at) = (rest[0], "", 1);
        for (; at < rest.Length && rest[at] != quote; at++)
        {
            if (rest[at] == '\\' && at + 1 < rest.Length)
                at++;
            value += rest[at];
        }

        rest = rest[Math.Min(at + 1, rest.Length)..];
        return value.Trim();
    }

    private static bool IsMediaType(ReadOnlySpan<char> media)
    {
        var slash = media.IndexOf('/');
        return slash > 0 && HeaderRules.IsName(media[..slash]) && HeaderRules.IsName(media[(slash + 1)..]);
    }
}
