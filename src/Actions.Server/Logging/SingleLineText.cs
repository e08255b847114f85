using System.Globalization;
using System.Text;

namespace Actions.Server.Logging;

/// <summary>Makes text harmless that a client, an API or an action's author chose, for a log or an error
/// message.</summary>
internal static class SingleLineText
{
    /// <summary>
    /// Escapes control characters, line and paragraph separators, and bidirectional and other invisible formatting
    /// characters as <c>\n</c>, <c>\r</c>, <c>\t</c> or <c>\uXXXX</c>. A line feed could forge a log line, an escape
    /// sequence could drive a terminal, and a bidirectional override could reverse what a person reads
    /// (CVE-2021-42574).
    /// </summary>
    /// <returns>The same instance when nothing has to be escaped.</returns>
    public static string Escape(string text)
    {
        var first = text.AsSpan().IndexOfAnyExceptInRange(' ', '~');
        if (first < 0)
            return text;
        StringBuilder? escaped = null;
        for (var i = first; i < text.Length; i++)
        {
            if (!IsUnsafe(text, i))
            {
                escaped?.Append(text[i]);
                continue;
            }

            escaped ??= new StringBuilder(text, 0, i, text.Length + 16);
            _ = text[i] switch
            {
                '\n' => escaped.Append("\\n"),
                '\r' => escaped.Append("\\r"),
                '\t' => escaped.Append("\\t"),
                var character => escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}"),
            };
        }

        return escaped?.ToString() ?? text;
    }

    // Cf holds the bidirectional controls, zero-width characters and the deprecated tag characters (U+E0001…),
    // which are surrogate pairs: the category of both halves is asked for at their place in the text.
    private static bool IsUnsafe(string text, int index)
    {
        var start = char.IsLowSurrogate(text[index]) && index > 0 && char.IsHighSurrogate(text[index - 1]) ? index - 1 : index;
        return CharUnicodeInfo.GetUnicodeCategory(text, start) is UnicodeCategory.Control or UnicodeCategory.Format
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate;
    }
}
