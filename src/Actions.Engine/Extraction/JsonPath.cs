using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Actions.Engine.Extraction;

/// <summary>
/// A JSONPath (RFC 9535) to a single node: members and indexes, such as <c>$.a['b c'][0]</c>. The rest of the RFC is
/// refused by name.
/// </summary>
internal sealed class JsonPath
{
    private readonly ImmutableArray<Step> _steps;

    private JsonPath(ImmutableArray<Step> steps) => _steps = steps;

    /// <exception cref="FormatException">Not such a path; the message says where and why.</exception>
    public static JsonPath Parse(string text) => new(new Parser(text).Parse());

    /// <returns>The node, or null when the path selects nothing.</returns>
    /// <exception cref="InvalidOperationException">A member's name on the way is no Unicode text.</exception>
    public JsonElement? Select(JsonElement root)
    {
        var node = root;
        foreach (var step in _steps)
        {
            if (step.Name is { } name)
            {
                if (node.ValueKind != JsonValueKind.Object || !node.TryGetProperty(name, out node))
                    return null;
                continue;
            }

            if (node.ValueKind != JsonValueKind.Array)
                return null;
            var length = node.GetArrayLength();
            var index = step.Index < 0 ? length + step.Index : step.Index;
            if (index < 0 || index >= length)
                return null;
            node = node[(int)index];
        }

        return node;
    }

    /// <summary>A member's name, or (null) an index, negative ones counting from the end.</summary>
    private readonly record struct Step(string? Name, long Index);

    private sealed class Parser(string text)
    {
        // RFC 9535 section 2.1: integers are those that every implementation holds exactly.
        private const long LargestIndex = 9_007_199_254_740_991;

        private int _at;

        public ImmutableArray<Step> Parse()
        {
            if (!text.StartsWith('$'))
                throw new FormatException("must start with '$'");
            _at = 1;
            var steps = ImmutableArray.CreateBuilder<Step>();
            while (_at < text.Length)
            {
                var before = _at;
                SkipWhiteSpace();
                if (_at == text.Length && before != _at)
                    throw Wrong("ends in white space");
                steps.Add(text[_at] switch
                {
                    '.' => ParseDotted(),
                    '[' => ParseBracketed(),
                    _ => throw Wrong($"has an unexpected '{text[_at]}'"),
                });
            }

            return steps.ToImmutable();
        }

        private Step ParseDotted()
        {
            _at++;
            if (Peek() == '.')
                throw NotSupported("descendants ('..')");
            if (Peek() == '*')
                throw NotSupported("wildcards ('*')");
            var start = _at;
            while (_at < text.Length && (IsNameStart(text[_at]) || (_at > start && char.IsAsciiDigit(text[_at]))))
                _at++;
            return _at > start ? new Step(text[start.._at], 0) : throw Wrong("has no valid name after a '.'; write ['…'] for others");
        }

        private Step ParseBracketed()
        {
            _at++;
            SkipWhiteSpace();
            var step = Peek() switch
            {
                '\'' or '"' => new Step(ParseQuoted(), 0),
                '-' or (>= '0' and <= '9') => new Step(null, ParseIndex()),
                '*' => throw NotSupported("wildcards ('*')"),
                '?' => throw NotSupported("filters ('?')"),
                ':' => throw NotSupported("slices (':')"),
                _ => throw Wrong("has neither a quoted name nor an index after a '['"),
            };
            SkipWhiteSpace();
            switch (Peek())
            {
                case ']':
                    _at++;
                    return step;
                case ',':
                    throw NotSupported("several selectors in one bracket (',')");
                case ':':
                    throw NotSupported("slices (':')");
                default:
                    throw Wrong("lacks a ']'");
            }
        }

        private long ParseIndex()
        {
            var start = _at;
            if (Peek() == '-')
                _at++;
            var digits = _at;
            while (char.IsAsciiDigit(Peek()))
                _at++;
            var isValid = _at > digits && (text[digits] != '0' || (_at - digits == 1 && digits == start));
            return isValid
                && long.TryParse(text.AsSpan(start, _at - start), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index)
                && Math.Abs(index) <= LargestIndex
                ? index
                : throw Wrong("has no valid index");
        }

        private string ParseQuoted()
        {
            var quote = text[_at++];
            var name = new StringBuilder();
            while (Peek() != quote)
            {
                if (_at >= text.Length)
                    throw Wrong("lacks a closing quote");
                var c = text[_at++];
                if (c < ' ')
                    throw Wrong("has a control character in a name");
                name.Append(c == '\\' ? ParseEscape(quote) : c);
            }

            var unescaped = name.ToString();
            if (!IsUnicode(unescaped))
                throw Wrong("has half a surrogate pair");
            _at++;
            return unescaped;
        }

        private char ParseEscape(char quote)
        {
            var c = Peek();
            _at++;
            return c switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                '/' or '\\' => c,
                'u' => ParseUnicode(),
                _ when c == quote => c,
                _ => throw Wrong("has an unknown escape"),
            };
        }

        private char ParseUnicode()
        {
            if (_at + 4 > text.Length
                || !ushort.TryParse(text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code))
                throw Wrong("has an incomplete \\u escape");
            _at += 4;
            return (char)code;
        }

        private static bool IsUnicode(string name)
        {
            for (var i = 0; i < name.Length; i++)
                if (char.IsSurrogate(name[i]) && (i + 1 == name.Length || !char.IsSurrogatePair(name[i], name[++i])))
                    return false;
            return true;
        }

        private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_' || c >= '\u0080';

        private char Peek() => _at < text.Length ? text[_at] : '\0';

        private void SkipWhiteSpace()
        {
            while (Peek() is ' ' or '\t' or '\n' or '\r')
                _at++;
        }

        private FormatException Wrong(string what) => new($"{what} (character {Math.Min(_at, text.Length) + 1})");

        private static FormatException NotSupported(string what) =>
            new($"uses {what}, which this version doesn't support yet: only members and indexes, such as $.a.b[0]");
    }
}
