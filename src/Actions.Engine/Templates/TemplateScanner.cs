using Actions.Engine.Variables;

namespace Actions.Engine.Templates;

/// <summary>
/// Divides a template's source into tokens, in linear time. Everything is a literal that isn't something else, so no
/// text is refused here.
/// </summary>
/// <remarks>
/// A backslash directly before an opening bracket makes the bracket (or both of <c>{{</c>) text. Two backslashes there
/// are one literal backslash, and the bracket keeps its meaning. Every other backslash is text.
/// </remarks>
internal sealed class TemplateScanner
{
    private readonly string _text;
    private readonly List<TemplateToken> _tokens = [];
    private int _at;
    private int _literal;

    // The ends of the comment (or CDATA section) and of the tag around the current position.
    private int _quietUntil;
    private int _tagUntil;

    // From here on there is none, so that nothing is searched for twice.
    private bool _noCommentEnds;
    private bool _noSectionEnds;
    private bool _noTagEnds;

    private TemplateScanner(string text) => _text = text;

    public static List<TemplateToken> Scan(string text)
    {
        var scanner = new TemplateScanner(text);
        scanner.Scan();
        return scanner._tokens;
    }

    private void Scan()
    {
        while (_at < _text.Length)
        {
            var next = _text.AsSpan(_at).IndexOfAny('\\', '{', '<');
            if (next < 0)
                break;
            _at += next;
            switch (_text[_at])
            {
                case '\\':
                    ReadBackslashes();
                    break;
                case '{' when (Placeholder(2) ?? Placeholder(1)) is var (name, end):
                    Add(TokenKind.Placeholder, end, name);
                    break;
                case '<' when _at >= _quietUntil:
                    ReadAngle();
                    break;
                default:
                    _at++;
                    break;
            }
        }

        _at = _text.Length;
        FlushLiteral();
    }

    private void ReadBackslashes()
    {
        var open = _at;
        while (open < _text.Length && _text[open] == '\\')
            open++;
        var count = open - _at;
        if (open == _text.Length || _text[open] is not ('{' or '<'))
        {
            _at = open;
            return;
        }

        var kept = count % 2 == 0 ? 0 : _text.AsSpan(open).StartsWith("{{") ? 2 : 1;
        Add(TokenKind.Escaped, open + kept, string.Concat(new string('\\', count / 2), _text.AsSpan(open, kept)));
    }

    /// <summary>
    /// With two braces, there may be white space around the reference: <c>{ a }</c> is common elsewhere.
    /// </summary>
    private (string Name, int End)? Placeholder(int braces)
    {
        var rest = _text.AsSpan(_at);
        if (!rest.StartsWith("{{".AsSpan(0, braces)))
            return null;
        var start = braces + (braces == 2 ? SpaceLength(rest[braces..]) : 0);
        var length = Reference.Length(rest[start..]);
        var end = start + length;
        end += braces == 2 ? SpaceLength(rest[end..]) : 0;
        return length > 0 && rest[end..].StartsWith("}}".AsSpan(0, braces))
            ? (rest.Slice(start, length).ToString(), _at + end + braces)
            : null;
    }

    private void ReadAngle()
    {
        var inner = _text.AsSpan(_at + 1);
        if (inner.StartsWith("!--"))
            ReadQuiet("-->", ref _noCommentEnds);
        else if (inner.StartsWith("![CDATA["))
            ReadQuiet("]]>", ref _noSectionEnds);
        else if (Reference.Length(inner) is > 0 and var length && inner[length..].StartsWith('>'))
            Add(TokenKind.Angle, _at + length + 2, inner[..length].ToString());
        else if (_at < _tagUntil)
            _at++;
        else if (inner is ['/', ..] && TagNameLength(inner[1..]) is > 0 and var name
            && EndsAfterSpace(inner[(name + 1)..], ">") is > 0 and var end)
            Add(TokenKind.EndTag, _at + 2 + name + end, inner.Slice(1, name).ToString());
        else
            ReadTag(inner);
    }

    private void ReadTag(ReadOnlySpan<char> inner)
    {
        var length = TagNameLength(inner);
        var rest = inner[length..];
        if (length == 0)
            _at++;
        else if (EndsAfterSpace(rest, ">") is > 0 and var plain)
            Add(TokenKind.Angle, _at + 1 + length + plain, inner[..length].ToString());
        else if (EndsAfterSpace(rest, "/>") is > 0 and var empty)
            Add(TokenKind.EmptyTag, _at + 1 + length + empty, inner[..length].ToString());
        else if (HasAttribute(rest))
            Add(
                ReadTagEnd(_at + 1 + length) ? TokenKind.EmptyTag : TokenKind.Tag,
                _at + 1 + length,
                inner[..length].ToString());
        else
            _at++;
    }

    /// <summary>Looks for the bracket that ends the tag, outside of quotes.</summary>
    /// <returns>Whether the element has no content.</returns>
    private bool ReadTagEnd(int from)
    {
        var quote = '\0';
        for (var i = from; i < _text.Length && !_noTagEnds; i++)
        {
            var c = _text[i];
            if (quote != '\0')
                quote = c == quote ? '\0' : quote;
            else if (c is '"' or '\'')
                quote = c;
            else if (c == '>')
            {
                _tagUntil = i;
                return _text[i - 1] == '/';
            }
        }

        _noTagEnds = true;
        return false;
    }

    /// <summary>No tag is one within a comment or a CDATA section.</summary>
    private void ReadQuiet(string terminator, ref bool none)
    {
        var end = none ? -1 : _text.IndexOf(terminator, _at, StringComparison.Ordinal);
        none = end < 0;
        FlushLiteral();
        _quietUntil = Math.Max(end, _at);
        _at++;
    }

    /// <summary>Whether white space, a name and an equals sign follow; names without one may precede.</summary>
    private static bool HasAttribute(ReadOnlySpan<char> text)
    {
        while (SpaceLength(text) is > 0 and var space && TagNameLength(text[space..]) is > 0 and var name)
        {
            text = text[(space + name)..];
            if (text[SpaceLength(text)..].StartsWith('='))
                return true;
        }

        return false;
    }

    /// <returns>The length of white space and the <paramref name="end"/>; 0 if something else follows.</returns>
    private static int EndsAfterSpace(ReadOnlySpan<char> text, string end)
    {
        var space = SpaceLength(text);
        return text[space..].StartsWith(end) ? space + end.Length : 0;
    }

    private static int SpaceLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && char.IsWhiteSpace(text[length]))
            length++;
        return length;
    }

    /// <summary>A name in XML or HTML, as far as they have it in common.</summary>
    private static int TagNameLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && (IsFirst(text[length]) || (length > 0 && IsLater(text[length]))))
            length++;
        return length;

        static bool IsFirst(char c) => char.IsLetter(c) || c == '_';
        static bool IsLater(char c) => char.IsDigit(c) || c is '.' or ':' or '-';
    }

    private void Add(TokenKind kind, int end, string text)
    {
        FlushLiteral();
        _tokens.Add(new TemplateToken(kind, _at, end, text, InTag: _at < _tagUntil));
        _at = _literal = end;
    }

    private void FlushLiteral()
    {
        var quiet = Math.Min(_quietUntil, _at);
        AddLiteral(quiet, isQuiet: true);
        AddLiteral(_at, isQuiet: false);
    }

    private void AddLiteral(int end, bool isQuiet)
    {
        if (_literal >= end)
            return;
        var kind = isQuiet ? TokenKind.Quiet : TokenKind.Literal;
        _tokens.Add(new TemplateToken(kind, _literal, end, _text[_literal..end]));
        _literal = end;
    }
}
