using System.Text.RegularExpressions;

namespace Actions.Engine.Templates;

/// <summary>
/// Finds the fields of a GraphQL query that read as placeholders, as in <c>{user{name}}</c>. Two braces are never
/// fields, so they remain for the value.
/// </summary>
internal static partial class Selections
{
    public static IEnumerable<Lookalike> Find(TemplateSource source)
    {
        if (source.Kind is not (TemplateKind.JsonString or TemplateKind.Parameter)
            || source.Tokens is not [{ Kind: TokenKind.Literal } first, ..] || !Query().IsMatch(first.Text))
            yield break;
        var (depth, quotes, last) = (0, 0, ' ');
        foreach (var token in source.Tokens)
        {
            if (token.Kind == TokenKind.Placeholder)
            {
                if (depth > 0 && quotes % 2 == 0 && (char.IsAsciiLetterOrDigit(last) || last is '_' or ')')
                    && source.Text[token.Start + 1] != '{')
                    yield return new Lookalike(token.Start, token.End, token.Text);
                last = '}';
                continue;
            }

            depth += token.Text.Count(c => c == '{') - token.Text.Count(c => c == '}');
            quotes += token.Text.Count(c => c == '"');
            last = token.Text.AsSpan().TrimEnd() is [.., var c] ? c : last;
        }
    }

    [GeneratedRegex(
        @"^\s*(?:(?:query|mutation|subscription|fragment)\b[^{]*)?\{\s*[A-Za-z_.]", RegexOptions.CultureInvariant)]
    private static partial Regex Query();
}
