using System.Globalization;
using System.Text;
using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction.Paths;

/// <summary>Reads the tokens of a JSONPath: white space, names, strings and integers.</summary>
internal sealed class PathScanner(string text)
{
    // Section 2.1: the integers that every implementation represents exactly (I-JSON).
    private const long LargestInteger = 9_007_199_254_740_991;

    public int At { get; private set; }

    public bool AtEnd => At >= text.Length;

    public char Peek(int ahead = 0) => At + ahead < text.Length ? text[At + ahead] : '\0';

    public void Skip(int count = 1) => At += count;

    public void Back(int at) => At = at;

    public string Since(int start) => text[start..At];

    /// <summary>Consumes the text if it comes next.</summary>
    public bool Take(string expected)
    {
        if (string.CompareOrdinal(text, At, expected, 0, expected.Length) != 0)
            return false;
        At += expected.Length;
        return true;
    }

    public void Expect(string expected)
    {
        if (!Take(expected))
            throw Wrong($"misses a '{expected}'");
    }

    public void SkipWhiteSpace()
    {
        while (Peek() is ' ' or '\t' or '\n' or '\r')
            At++;
    }

    /// <summary>A name in the form that is valid after a dot, or "".</summary>
    public string TakeShorthandName()
    {
        var start = At;
        while (!AtEnd && (char.IsAsciiLetter(Peek()) || Peek() is '_' or >= '\u0080' || (At > start && char.IsAsciiDigit(Peek()))))
        {
            if (char.IsSurrogate(Peek()))
            {
                if (!char.IsSurrogatePair(Peek(), Peek(1)))
                    throw Wrong("has half a surrogate pair");
                At++;
            }

            At++;
        }

        return text[start..At];
    }

    public long TakeInteger()
    {
        var start = At;
        if (Peek() == '-')
            At++;
        var digits = At;
        while (char.IsAsciiDigit(Peek()))
            At++;
        var isValid = At > digits && (text[digits] != '0' || (At - digits == 1 && digits == start));
        return isValid && long.TryParse(text.AsSpan(start, At - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer)
            && Math.Abs(integer) <= LargestInteger
            ? integer
            : throw Wrong("has no valid integer");
    }

    /// <summary>A quoted string, section 2.3.1.1.</summary>
    public string TakeString()
    {
        var quote = Peek();
        At++;
        var value = new StringBuilder();
        while (Peek() != quote)
        {
            if (AtEnd)
                throw Wrong("misses a closing quote");
            var c = Peek();
            if (c < ' ')
                throw Wrong("has a control character in a string");
            At++;
            if (c == '\\')
                TakeEscape(quote, value);
            else
                value.Append(c);
        }

        At++;
        for (var i = 0; i < value.Length; i++)
        {
            if (!char.IsSurrogate(value[i]))
                continue;
            if (i + 1 >= value.Length || !char.IsSurrogatePair(value[i], value[i + 1]))
                throw Wrong("has half a surrogate pair");
            i++;
        }

        return value.ToString();
    }

    public SyntaxException Wrong(string what) => new($"{what} (character {Math.Min(At, text.Length) + 1})");

    private void TakeEscape(char quote, StringBuilder value)
    {
        var c = Peek();
        At++;
        if (c != 'u')
        {
            value.Append(c switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '/' or '\\' => c,
                _ when c == quote => c,
                _ => throw Wrong("has an unknown escape"),
            });
            return;
        }

        var code = TakeHex();
        value.Append(code);
        // The other half must be an escape as well: an unescaped one is never alone in a text.
        if (char.IsLowSurrogate(code))
            throw Wrong("has half a surrogate pair");
        if (!char.IsHighSurrogate(code))
            return;
        if (!Take("\\u"))
            throw Wrong("has half a surrogate pair");
        var low = TakeHex();
        value.Append(char.IsLowSurrogate(low) ? low : throw Wrong("has half a surrogate pair"));
    }

    private char TakeHex()
    {
        if (At + 4 > text.Length
            || !ushort.TryParse(text.AsSpan(At, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
            throw Wrong("has an incomplete \\u escape");
        At += 4;
        return (char)code;
    }
}
