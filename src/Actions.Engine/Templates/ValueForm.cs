using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using Actions.Engine.Variables;

namespace Actions.Engine.Templates;

/// <summary>How a placeholder's value is written at its place.</summary>
internal enum ValueForm
{
    /// <summary>As text; the code that renders the whole may encode it.</summary>
    Text,

    /// <summary>Character data of XML or HTML.</summary>
    Markup,

    /// <summary>A quoted attribute's value, in which white space would be normalized.</summary>
    Attribute,

    /// <summary>Within a CDATA section of XML.</summary>
    Section,

    /// <summary>In a message with tags: as <see cref="Markup"/>, without the characters that XML can't have.</summary>
    Speech,

    /// <summary>Within the quotes of a JSON string.</summary>
    JsonString,

    /// <summary>As a JSON value, with quotes of its own if it is a string.</summary>
    Json,
}

internal static class ValueForms
{
    private static readonly SearchValues<char> Escaped = SearchValues.Create("&<>\"'\r");

    public static string Write(this ValueForm form, VariableValues variables, string name) => form switch
    {
        ValueForm.Markup => EscapeMarkup(variables.Text(name)),
        ValueForm.Attribute => EscapeMarkup(variables.Text(name))
            .Replace("\t", "&#9;", StringComparison.Ordinal).Replace("\n", "&#10;", StringComparison.Ordinal),
        ValueForm.Section => EscapeSection(WithoutForbidden(variables.Text(name))),
        ValueForm.Speech => EscapeMarkup(WithoutForbidden(variables.Text(name))),
        ValueForm.JsonString => JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(variables.Text(name)),
        ValueForm.Json => variables.Json(name),
        _ => variables.Text(name),
    };

    /// <summary>The longest that a text of so many characters becomes.</summary>
    public static long LongestText(this ValueForm form, long length) =>
        // One becomes "&quot;" or "\\u0001" at most. A section is left and entered again; null is a word in JSON.
        form == ValueForm.Text ? length : (6 * length) + "]]><![CDATA[".Length;

    /// <summary>The first character that XML 1.0 can't have in any escaping (section 2.2); null if there is
    /// none.</summary>
    public static Rune? ForbiddenInXml(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsForbiddenInXml(rune.Value))
                return rune;
        }

        return null;
    }

    private static bool IsForbiddenInXml(int c) => c is < 0x20 and not ('\t' or '\n' or '\r') or 0xFFFE or 0xFFFF;

    private static string WithoutForbidden(string text) =>
        ForbiddenInXml(text) is null ? text : string.Concat(text.Select(c => IsForbiddenInXml(c) ? ' ' : c));

    private static string EscapeMarkup(string text)
    {
        if (text.AsSpan().IndexOfAny(Escaped) < 0)
            return text;
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            _ = c switch
            {
                '&' => escaped.Append("&amp;"),
                '<' => escaped.Append("&lt;"),
                '>' => escaped.Append("&gt;"),
                '"' => escaped.Append("&quot;"),
                // HTML 4 has no &apos;.
                '\'' => escaped.Append("&#39;"),
                // Parsers turn a literal one into a line feed (XML, section 2.11).
                '\r' => escaped.Append("&#13;"),
                _ => escaped.Append(c),
            };
        }

        return escaped.ToString();
    }

    /// <summary>
    /// A section has no escaping. What could end it stands outside of it; so does nothing, between two brackets and a
    /// third.
    /// </summary>
    private static string EscapeSection(string text) =>
        text.Length > 0 && text.AsSpan().IndexOfAny("]>\r") < 0 ? text : $"]]>{EscapeMarkup(text)}<![CDATA[";
}
