namespace Actions.Engine.Extraction.Xml;

/// <summary>
/// The tokens of an XPath 1.0 expression (section 3.7), as far as <see cref="XPath"/> needs them: texts in quotes,
/// names, and single other characters.
/// </summary>
internal static class XPathScanner
{
    public static IReadOnlyList<string> Tokens(string text)
    {
        var tokens = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var end = at + 1;
            if (text[at] is '"' or '\'')
                end = text.IndexOf(text[at], at + 1) is var close && close < 0 ? text.Length : close + 1;
            else if (IsNameStart(text[at]))
                while (end < text.Length
                    && (IsNameStart(text[end]) || char.IsDigit(text[end]) || text[end] is '-' or '.'))
                    end++;
            else if (text.AsSpan(at).StartsWith("::"))
                end = at + 2;
            if (!char.IsWhiteSpace(text[at]))
                tokens.Add(text[at..end]);
            at = end;
        }

        return tokens;
    }

    public static bool IsName(string token) => IsNameStart(token[0]);

    public static bool IsQuoted(string token) => token[0] is '"' or '\'';

    /// <summary>The tokens of each argument of the function whose name is at <paramref name="at"/>.</summary>
    /// <returns>Null: it is no function.</returns>
    public static IReadOnlyList<IReadOnlyList<string>>? Arguments(IReadOnlyList<string> tokens, int at)
    {
        if (at + 1 >= tokens.Count || tokens[at + 1] != "(")
            return null;
        var arguments = new List<List<string>> { new() };
        var depth = 0;
        foreach (var token in tokens.Skip(at + 2))
        {
            if (token is ")" or "]" && depth-- == 0)
                break;
            if (token is "(" or "[")
                depth++;
            if (token == "," && depth == 0)
                arguments.Add([]);
            else
                arguments[^1].Add(token);
        }

        return arguments;
    }

    private static bool IsNameStart(char c) => char.IsLetter(c) || c == '_';
}
