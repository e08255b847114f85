using System.Buffers;
using System.Text.RegularExpressions;
using Actions.Engine.Variables;

namespace Actions.Engine.Templates;

/// <summary>
/// Finds what looks like a placeholder and isn't one: of another template language, or misspelt. It would be sent, or
/// spoken, with its brackets. Checked when an action is saved, so that its author learns of it and no caller does.
/// </summary>
/// <remarks>
/// Braces are also honest text: JSON, GraphQL, styles, regular expressions. What has such texts is searched for names
/// that are nearly right; URLs, headers and messages, which have none, for all names in braces.
/// </remarks>
internal sealed partial class Lookalikes
{
    // Far longer than any expression in braces that a person writes.
    private const int MaxLength = 300;

    private static readonly SearchValues<char> EndsWords = SearchValues.Create("<>{}\"'=");

    private readonly TemplateSource _source;
    private readonly string _text;
    private readonly Braces _braces;
    private readonly Dictionary<int, TemplateToken> _placeholders;
    private readonly bool _isStrict;

    private Lookalikes(TemplateSource source)
    {
        _source = source;
        _text = source.Text;
        _braces = new Braces(source);
        _placeholders = source.Tokens.Where(source.IsPlaceholder).ToDictionary(token => token.Start);
        _isStrict = source.Kind is TemplateKind.Url or TemplateKind.Header or TemplateKind.Message;
    }

    public static IEnumerable<Lookalike> Find(TemplateSource source)
    {
        if (source.Text.AsSpan().IndexOfAny("{}<") < 0 && source.Kind != TemplateKind.Url)
            return [];
        var finder = new Lookalikes(source);
        var found = finder.InBraces().Concat(finder.Misspelt()).Concat(finder.InAngles()).Concat(finder.InPath())
            .Concat(Selections.Find(source));
        if (source.Kind != TemplateKind.Url)
            return found;
        // The host can have no placeholder anyway, and its parser says so.
        var host = source.Text.IndexOf("://", StringComparison.Ordinal) + 3;
        var path = host < 3 ? -1 : source.Text.AsSpan(host).IndexOfAny("/?#\\");
        return path < 0 ? [] : found.Where(lookalike => lookalike.Start >= host + path);
    }

    private IEnumerable<Lookalike> InBraces()
    {
        var skipUntil = 0;
        foreach (var open in _braces.Opening)
        {
            if (open < skipUntil)
                continue;
            if (AtBrace(open) is not { } found)
                continue;
            skipUntil = found.End;
            yield return found;
        }
    }

    private Lookalike? AtBrace(int open)
    {
        var next = open + 1;
        var inner = next < _text.Length ? _text[next] : '\0';
        var partner = _braces.PartnerOf(open);
        if (_placeholders.TryGetValue(next, out var within)
            && _text.AsSpan(next).StartsWith("{{") && partner == within.End)
            return new Lookalike(open, within.End + 1, within.Text);
        if (_braces.IsOpening.Contains(next) && Upto(next + 1, "}}") is { } doubled)
            return new Lookalike(open, doubled, MeantName.In(_text[(next + 1)..(doubled - 2)]));
        if (inner is '%' or '#' && Upto(next + 1, inner == '%' ? "%}" : "#}") is { } logic)
            return new Lookalike(open, logic, null);
        if (partner is not { } close)
            return IsHalf(next) ? new Lookalike(open, HalfEnd(next), MeantName.In(_text[next..HalfEnd(next)])) : null;

        var content = _text.AsSpan(next, Math.Min(close - next, MaxLength));
        var sign = open > 0 && _text[open - 1] is '$' or '%' or '#' ? _text[open - 1] : '\0';
        var isExpression = sign switch
        {
            '$' => !content.IsWhiteSpace(),
            '%' or '#' => content.Length > 0 && IsNameStart(content[0]),
            _ => false,
        };
        if (!isExpression && !IsLookalike(content, open > 0 ? _text[open - 1] : ' '))
            return null;
        // Up to the next brace: what is inside may be right.
        var brace = content.IndexOfAny("{}");
        var end = brace >= 0 ? next + brace : close + 1;
        return new Lookalike(isExpression ? open - 1 : open, end, MeantName.In(content.ToString()));
    }

    /// <summary>A brace that nothing closes, before a name.</summary>
    private bool IsHalf(int next)
    {
        if (next >= _text.Length || _placeholders.ContainsKey(next))
            return next < _text.Length && _text[next] == '{';
        var name = _text[next] == '{' ? next + 1 : next;
        return name < _text.Length && IsNameStart(_text[name]);
    }

    private int HalfEnd(int next)
    {
        if (_placeholders.TryGetValue(next, out var placeholder))
            return placeholder.End;
        var name = _text[next] == '{' ? next + 1 : next;
        return name + Math.Max(1, Reference.Length(_text.AsSpan(name)));
    }

    private bool IsLookalike(ReadOnlySpan<char> content, char before)
    {
        var trimmed = content.Trim();
        if (trimmed.IsEmpty)
            return _source.Kind == TemplateKind.Message;
        // A position, as in string.Format; after a letter or a bracket the times of a regular expression.
        if (trimmed.Length == content.Length && trimmed.IndexOfAnyExceptInRange('0', '9') < 0)
            return !char.IsLetterOrDigit(before) && !")].}\\".Contains(before, StringComparison.Ordinal);
        return _isStrict
            ? FormattedPosition().IsMatch(content)
                || (!char.IsAsciiDigit(trimmed[0]) && !"\"'{}[-".Contains(trimmed[0], StringComparison.Ordinal))
            : NearlyAName().IsMatch(content) && !Guid.TryParse(content, out _);
    }

    /// <summary>Placeholders that a sign or a brace makes those of another language, or that are cut in half.</summary>
    private IEnumerable<Lookalike> Misspelt()
    {
        TemplateToken before = default;
        foreach (var token in _source.Tokens)
        {
            if (_source.IsPlaceholder(token) && _text[token.Start] == '{')
            {
                if (before is { Kind: TokenKind.Literal or TokenKind.Quiet, Text: [.., '$' or '%' or '#'] }
                    && !_text.AsSpan(token.Start).StartsWith("{{"))
                    yield return new Lookalike(token.Start - 1, token.End, token.Text);
                else if (_braces.Lonely.Contains(token.End))
                    yield return new Lookalike(token.Start, token.End + 1, token.Text);
                else if ((token.Text.EndsWith('.') || token.Text.Contains("..", StringComparison.Ordinal))
                    && !_source.IsDeclared(token.Text))
                    yield return new Lookalike(token.Start, token.End, MeantName.In(token.Text));
            }

            before = token;
        }
    }

    private IEnumerable<Lookalike> InAngles()
    {
        foreach (var token in _source.Tokens)
        {
            if (token.Kind == TokenKind.Angle && _source.Angles[token.Start] is AngleMeaning.Lookalike)
                yield return new Lookalike(
                    token.Start, token.End, MeantName.In(token.Text[(token.Text.LastIndexOf(':') + 1)..]));
            else if (token.Kind == TokenKind.Angle && _source.Angles[token.Start] is AngleMeaning.Ambiguous)
                yield return new Lookalike(token.Start, token.End, token.Text, IsAmbiguous: true);
            if (token.Kind != TokenKind.Literal)
                continue;
            for (var at = token.Start; at < token.End; at++)
            {
                if (_text[at] == '<' && AtAngle(at) is { } found)
                    yield return found;
            }
        }
    }

    private Lookalike? AtAngle(int at)
    {
        var rest = _text.AsSpan(at + 1);
        if (rest is ['%', ..] && Upto(at + 2, "%>") is { } server)
            return new Lookalike(at, server, MeantName.In(_text[(at + 2)..server]));
        if (ScriptStart().Match(_text, at, Math.Min(5, rest.Length + 1)) is { Success: true } script
            && Upto(at + 2, "?>") is { } instruction)
            return new Lookalike(at, instruction, MeantName.In(_text[(at + script.Length)..instruction]));
        if (rest is ['#', ..] or ['/', '#', ..] && Directive().Match(_text, at, Math.Min(MaxLength, rest.Length + 1))
            is { Success: true } directive)
            return new Lookalike(at, at + directive.Length, null);
        if (_placeholders.TryGetValue(at + 1, out var within)
            && _text[at + 1] == '<' && _text.AsSpan(within.End).StartsWith('>'))
            return new Lookalike(at, within.End + 1, within.Text);
        var end = rest[..Math.Min(rest.Length, MaxLength)].IndexOfAny(EndsWords);
        if (end > 0 && rest[end] == '>' && rest[..end].ContainsAny(" \t\n")
            && MeantName.IsWords(rest[..end]) && !BooleanAttribute().IsMatch(rest[..end])
            && (_isStrict || (!char.IsWhiteSpace(rest[0]) && _source.Kind != TemplateKind.Html)))
            return new Lookalike(at, at + end + 2, MeantName.In(rest[..end].ToString()));
        if (_source.Kind != TemplateKind.Message || rest.Length == 0 || !IsNameStart(rest[0])
            || Link().IsMatch(_text, at))
            return null;
        var name = rest[..Math.Max(1, Reference.Length(rest))];
        return new Lookalike(at, at + 1 + name.Length, MeantName.In(name.ToString()));
    }

    /// <summary>A segment of a path in the manner of web frameworks: <c>/orders/:id</c>, <c>/orders/[id]</c>.</summary>
    private IEnumerable<Lookalike> InPath()
    {
        if (_source.Kind != TemplateKind.Url)
            yield break;
        foreach (Match segment in PathParameter().Matches(_text))
        {
            yield return new Lookalike(
                segment.Index + 1, segment.Index + segment.Length, MeantName.In(segment.Value[2..]));
        }
    }

    /// <returns>The position after the closing text; null if it isn't near.</returns>
    private int? Upto(int from, string closing)
    {
        if (from > _text.Length)
            return null;
        var found = _text.AsSpan(from, Math.Min(_text.Length - from, MaxLength)).IndexOf(closing);
        return found < 0 ? null : from + found + closing.Length;
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_';

    // Of string.Format and its like: {0:N2}, {1,-8:C}.
    [GeneratedRegex(@"^\d{1,2}(?:,-?\d{1,3})?:[A-Za-z#]", RegexOptions.CultureInvariant)]
    private static partial Regex FormattedPosition();

    // With hyphens; after a sign; with a filter; before a sign; with an index that is none.
    [GeneratedRegex(
        """
        ^(?:[A-Za-z_][\w.]*(?:-[A-Za-z_][\w.]*)+
        |[$#/^&>!*+?=@~][A-Za-z_][\w.,*\[\]-]*
        |[A-Za-z_][\w.]*\s?\|\s?[A-Za-z_].*
        |[A-Za-z_][\w.]*(?:[?!*]|![rsa])
        |[A-Za-z_][\w.]*\[[^\]]*\][\w.\[\]]*)$
        """,
        RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex NearlyAName();

    // PHP, but not XML's declaration.
    [GeneratedRegex(@"\G<\?(?:php\b|[= $])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex ScriptStart();

    // Of FreeMarker.
    [GeneratedRegex(
        @"\G</?#(?:if|elseif|else|list|sep|assign|local|global|include|import|macro|function|switch|case)\b[^<>]*>",
        RegexOptions.CultureInvariant)]
    private static partial Regex Directive();

    // An address between angle brackets (CommonMark, section 6.5), which no placeholder can be.
    [GeneratedRegex(
        @"\G<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]{1,1000}|[^\s<>@]{1,64}@[^\s<>@]{1,255})>",
        RegexOptions.CultureInvariant)]
    private static partial Regex Link();

    [GeneratedRegex(
        """
        \s(?:disabled|selected|checked|readonly|required|autoplay|controls|muted|loop|async|defer|open|hidden|multiple
        |novalidate|autofocus|allowfullscreen)\s*$
        """,
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex BooleanAttribute();

    [GeneratedRegex(
        @"(?<!:/?)/(?::[A-Za-z_][A-Za-z0-9_]*|\[(?:\.\.\.)?[A-Za-z_][A-Za-z0-9_-]*\])(?=[/?]|$)(?<=^[^?]*)",
        RegexOptions.CultureInvariant)]
    private static partial Regex PathParameter();
}

/// <summary>A text that looks like a placeholder.</summary>
/// <param name="Start">In the source.</param>
/// <param name="End">In the source.</param>
/// <param name="Name">The variable that may have been meant; null if there is none to see.</param>
/// <param name="IsAmbiguous">It is a placeholder, but may have been meant as a tag.</param>
internal readonly record struct Lookalike(int Start, int End, string? Name, bool IsAmbiguous = false);
