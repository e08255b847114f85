using System.Globalization;
using System.Text.RegularExpressions;
using Actions.Engine.Variables;

namespace Actions.Engine.Templates;

/// <summary>Guesses which variable, or member of one, an expression of another template language means.</summary>
internal static partial class MeantName
{
    /// <returns>Null: there is none to see.</returns>
    public static string? In(string content)
    {
        var words = content.Trim();
        // Positions, sections, conditions, partials and comments have no counterpart.
        if (words.Length == 0 || char.IsAsciiDigit(words[0]) || "#/^&>!%".Contains(words[0], StringComparison.Ordinal))
            return null;
        // Of PHP, shells and workflows: what precedes it is their own.
        if (words.IndexOf('$', StringComparison.Ordinal) is > 0 and var sign)
            words = words[sign..];
        if (IsWords(words) && NotInNames().Replace(words, "_") is var joined && Reference.IsName(joined)
            && !joined.Contains("..", StringComparison.Ordinal))
            return joined.TrimEnd('.');
        if (FirstPath().Match(words) is not { Success: true } path || IsPartOfAWord(words, path))
            return null;
        var called = words.AsSpan(path.Index + path.Length).TrimStart().StartsWith('(');
        var members = path.Groups[2].Captures;
        // A function of a variable, or a method of one.
        if (called && members.Count == 0)
            return In(words[(words.IndexOf('(', path.Index) + 1)..]);
        var name = path.Groups[1].Value + string.Concat(members.SkipLast(called ? 1 : 0).Select(Member));
        return Reference.Length(name) == name.Length ? name : path.Groups[1].Value;
    }

    /// <summary>Whether the text is a few words, apart from spaces and hyphens.</summary>
    public static bool IsWords(ReadOnlySpan<char> text) => Words().IsMatch(text);

    /// <summary>As a placeholder writes it: an index in brackets, a name after a dot.</summary>
    private static string Member(Capture written)
    {
        var name = written.Value.Replace("->", ".", StringComparison.Ordinal).Trim(' ', '\t', '.', '?', '[', ']', '"', '\'');
        return int.TryParse(name, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)
            ? $"[{name}]"
            : $".{name}";
    }

    // No variable has a letter that isn't ASCII.
    private static bool IsPartOfAWord(string text, Match name) =>
        (name.Index > 0 && char.IsLetter(text[name.Index - 1]))
        || (name.Index + name.Length < text.Length && char.IsLetter(text[name.Index + name.Length]));

    [GeneratedRegex(@"^\s*[A-Za-z_][\w.]*(?:[-\s]+\w[\w.]*){0,4}\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Words();

    [GeneratedRegex(@"[-\s]+", RegexOptions.CultureInvariant)]
    private static partial Regex NotInNames();

    [GeneratedRegex(
        """
        ([A-Za-z_][A-Za-z0-9_]*)
        (\s*(?:\??\.+|->)\s*[A-Za-z0-9_]+
        |\s*\[\s*(?:"[A-Za-z0-9_]+"|'[A-Za-z0-9_]+'|[A-Za-z_][A-Za-z0-9_]*|-?[0-9]+)\s*\])*
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex FirstPath();
}
