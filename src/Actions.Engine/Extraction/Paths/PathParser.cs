using System.Collections.Immutable;
using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction.Paths;

/// <summary>Parses a query: the grammar of RFC 9535, appendix A, as methods.</summary>
internal sealed class PathParser
{
    private readonly PathScanner _scanner;
    private readonly ConditionParser _conditions;

    public PathParser(string text)
    {
        _scanner = new PathScanner(text);
        _conditions = new ConditionParser(_scanner, this);
    }

    public JsonPath ParseQuery()
    {
        if (!_scanner.Take("$"))
            throw new SyntaxException("must start with '$'");
        var path = ParseSegments();
        return _scanner.AtEnd
            ? path
            : throw _scanner.Wrong(_scanner.Peek() is ' ' or '\t' or '\n' or '\r' ? "ends in white space" : $"has an unexpected '{_scanner.Peek()}'");
    }

    /// <summary>Parses a filter's expression alone, with or without its question mark.</summary>
    public Condition ParseCondition()
    {
        _scanner.SkipWhiteSpace();
        _scanner.Take("?");
        var condition = _conditions.Parse();
        _scanner.SkipWhiteSpace();
        return _scanner.AtEnd ? condition : throw _scanner.Wrong($"has an unexpected '{_scanner.Peek()}'");
    }

    /// <summary>Parses the segments after a <c>$</c> or <c>@</c>.</summary>
    public JsonPath ParseSegments()
    {
        var segments = ImmutableArray.CreateBuilder<Segment>();
        while (true)
        {
            // White space is allowed before a segment, but not after the last one.
            var before = _scanner.At;
            _scanner.SkipWhiteSpace();
            if (_scanner.Take(".."))
                segments.Add(ParseDescendant());
            else if (_scanner.Take("."))
                segments.Add(new Segment([ParseDotted()], IsDescendant: false));
            else if (_scanner.Peek() == '[')
                segments.Add(new Segment(ParseBracketed(), IsDescendant: false));
            else
            {
                _scanner.Back(before);
                return new JsonPath(segments.ToImmutable());
            }
        }
    }

    private Segment ParseDescendant() =>
        new(_scanner.Peek() == '[' ? ParseBracketed() : [ParseDotted()], IsDescendant: true);

    private Selector ParseDotted()
    {
        if (_scanner.Take("*"))
            return new WildcardSelector();
        var name = _scanner.TakeShorthandName();
        return name.Length > 0 ? new NameSelector(name) : throw _scanner.Wrong("has no valid name after a '.'; write ['…'] for others");
    }

    private ImmutableArray<Selector> ParseBracketed()
    {
        _scanner.Expect("[");
        var selectors = ImmutableArray.CreateBuilder<Selector>();
        do
        {
            _scanner.SkipWhiteSpace();
            selectors.Add(ParseSelector());
            _scanner.SkipWhiteSpace();
        }
        while (_scanner.Take(","));
        _scanner.Expect("]");
        return selectors.ToImmutable();
    }

    private Selector ParseSelector()
    {
        switch (_scanner.Peek())
        {
            case '\'' or '"':
                return new NameSelector(_scanner.TakeString());
            case '*':
                _scanner.Skip();
                return new WildcardSelector();
            case '?':
                _scanner.Skip();
                _scanner.SkipWhiteSpace();
                return new FilterSelector(_conditions.Parse());
            case ':' or '-' or (>= '0' and <= '9'):
                return ParseIndexOrSlice();
            default:
                throw _scanner.Wrong("has no selector (a quoted name, an index, a slice, '*' or '?')");
        }
    }

    private Selector ParseIndexOrSlice()
    {
        var start = TakeOptionalInteger();
        var before = _scanner.At;
        _scanner.SkipWhiteSpace();
        if (!_scanner.Take(":"))
        {
            _scanner.Back(before);
            return new IndexSelector(start!.Value);
        }

        _scanner.SkipWhiteSpace();
        var end = TakeOptionalInteger();
        before = _scanner.At;
        _scanner.SkipWhiteSpace();
        if (!_scanner.Take(":"))
        {
            _scanner.Back(before);
            return new SliceSelector(start, end, 1);
        }

        before = _scanner.At;
        _scanner.SkipWhiteSpace();
        var step = TakeOptionalInteger();
        if (step is null)
            _scanner.Back(before);
        return new SliceSelector(start, end, step ?? 1);
    }

    private long? TakeOptionalInteger() =>
        _scanner.Peek() is '-' or (>= '0' and <= '9') ? _scanner.TakeInteger() : null;
}
