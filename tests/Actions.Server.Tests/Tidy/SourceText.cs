using System.Text;

namespace Actions.Server.Tests.Tidy;

/// <summary>C# with comments, strings and characters blanked out, so that braces and words can be counted.</summary>
internal sealed class SourceText
{
    private readonly string _text;
    private readonly StringBuilder _code;
    private int _at;

    private SourceText(string text)
    {
        _text = text;
        _code = new StringBuilder(text.Length);
    }

    /// <returns>As many characters and lines as before.</returns>
    public static string CodeOf(string text)
    {
        var source = new SourceText(text);
        source.Code(untilHoleEnds: false);
        return source._code.ToString();
    }

    private void Code(bool untilHoleEnds)
    {
        var depth = 0;
        while (_at < _text.Length)
        {
            if (untilHoleEnds && depth == 0 && _text[_at] == '}')
                return;
            if (At("//") || AtDirective())
                BlankUntil("\n", including: false);
            else if (At("/*"))
                BlankUntil("*/", including: true);
            else if (_text[_at] == '\'')
                Quoted('\'', 0, raw: 0, verbatim: false);
            else if (StringStart() is { } start)
                String(start);
            else
            {
                depth += _text[_at] switch { '{' => 1, '}' => -1, _ => 0 };
                _code.Append(_text[_at++]);
            }
        }
    }

    private (int Length, int Dollars, int Quotes, bool Verbatim)? StringStart()
    {
        var at = _at;
        var (dollars, verbatim) = (0, false);
        for (; at < _text.Length && _text[at] is '$' or '@'; at++)
        {
            if (_text[at] == '$')
                dollars++;
            else
                verbatim = true;
        }

        var quotes = 0;
        while (at + quotes < _text.Length && _text[at + quotes] == '"')
            quotes++;
        if (quotes == 0)
            return null;
        // Two quotes are an empty string, unless they begin a verbatim one.
        quotes = quotes >= 3 && !verbatim ? quotes : 1;
        return (at - _at + quotes, dollars, quotes, verbatim);
    }

    private void String((int Length, int Dollars, int Quotes, bool Verbatim) start)
    {
        Blank(start.Length);
        Body('"', start.Dollars, start.Quotes >= 3 ? start.Quotes : 0, start.Verbatim);
    }

    private void Quoted(char quote, int dollars, int raw, bool verbatim)
    {
        Blank(1);
        Body(quote, dollars, raw, verbatim);
    }

    private void Body(char quote, int dollars, int raw, bool verbatim)
    {
        var holes = raw > 0 ? dollars : Math.Min(dollars, 1);
        while (_at < _text.Length)
        {
            if (raw > 0 ? At(new string(quote, raw)) : _text[_at] == quote && !(verbatim && At("\"\"")))
            {
                Blank(Math.Max(raw, 1));
                return;
            }

            if (raw == 0 && verbatim && At("\"\""))
                Blank(2);
            else if (raw == 0 && !verbatim && _text[_at] == '\\')
                Blank(2);
            else if (raw == 0 && holes > 0 && At("{{"))
                Blank(2);
            else if (holes > 0 && At(new string('{', holes)))
                Hole(holes);
            else
                Blank(1);
        }
    }

    // Kept as code: it may hold strings of its own. Its braces are blanked.
    private void Hole(int braces)
    {
        Blank(braces);
        Code(untilHoleEnds: true);
        Blank(braces);
    }

    private bool At(string text) => string.CompareOrdinal(_text, _at, text, 0, text.Length) == 0;

    private bool AtDirective() =>
        _text[_at] == '#' && _text.AsSpan(0, _at)[(_text.LastIndexOf('\n', Math.Max(_at - 1, 0)) + 1)..].IsWhiteSpace();

    private void BlankUntil(string end, bool including)
    {
        var found = _text.IndexOf(end, _at, StringComparison.Ordinal);
        Blank((found < 0 ? _text.Length : found + (including ? end.Length : 0)) - _at);
    }

    private void Blank(int count)
    {
        for (; count > 0 && _at < _text.Length; count--, _at++)
            _code.Append(_text[_at] == '\n' ? '\n' : ' ');
    }
}
