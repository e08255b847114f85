using System.Globalization;
using System.Text;

namespace Actions.Engine.Extraction.Paths;

/// <summary>Reads an I-Regexp (RFC 9485 section 4) into an automaton, one method per rule.</summary>
internal sealed class IRegexpParser(string pattern)
{
    // Bounds for a pattern from a document: (a{100}){100} is 10,000 states.
    private const int MaxStates = 10_000;
    private const int MaxDepth = 64;

    private readonly Rune[] _runes = pattern.EnumerateRunes().ToArray();
    private int _at;
    private int _states;
    private int _depth;

    public IRegexp? TryParse()
    {
        try
        {
            var end = new IRegexpState { IsEnd = true };
            var build = ParseAlternatives();
            return _at == _runes.Length ? new IRegexp(build(end)) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>A part of the expression: given what comes after it, makes its states and returns the first.</summary>
    private delegate IRegexpState Part(IRegexpState after);

    private Part ParseAlternatives()
    {
        if (++_depth > MaxDepth)
            throw new FormatException();
        List<Part> branches = [ParseBranch()];
        while (Take('|'))
            branches.Add(ParseBranch());
        _depth--;
        return branches.Count == 1
            ? branches[0]
            : after => Fork([.. branches.Select(branch => branch(after))]);
    }

    private Part ParseBranch()
    {
        var pieces = new List<Part>();
        while (_at < _runes.Length && Peek() is not ('|' or ')'))
            pieces.Add(ParsePiece());
        return after =>
        {
            for (var i = pieces.Count - 1; i >= 0; i--)
                after = pieces[i](after);
            return after;
        };
    }

    private Part ParsePiece()
    {
        var atom = ParseAtom();
        if (Take('*'))
            return Repeat(atom, 0, null);
        if (Take('+'))
            return Repeat(atom, 1, null);
        if (Take('?'))
            return Repeat(atom, 0, 1);
        if (!Take('{'))
            return atom;
        var min = TakeCount();
        int? max = min;
        if (Take(','))
            max = Peek() == '}' ? null : TakeCount();
        return Take('}') && !(max < min) ? Repeat(atom, min, max) : throw new FormatException();
    }

    private Part Repeat(Part atom, int min, int? max) => after =>
    {
        IRegexpState first;
        if (max is null)
        {
            var loop = NewState(new IRegexpState());
            loop.Next.Add(atom(loop));
            loop.Next.Add(after);
            first = loop;
        }
        else
        {
            first = after;
            for (var i = min; i < max; i++)
                first = Fork([atom(first), after]);
        }

        for (var i = 0; i < min; i++)
            first = atom(first);
        return first;
    };

    private Part ParseAtom()
    {
        var c = Peek();
        _at++;
        switch (c)
        {
            case '(':
                var inner = ParseAlternatives();
                return Take(')') ? inner : throw new FormatException();
            case '.':
                return One(rune => rune.Value is not ('\n' or '\r'));
            case '[':
                return One(ParseClass());
            case '^' or '$':
                return after => NewState(new IRegexpState { Anchor = (char)c }, after);
            case '\\':
                return One(ParseEscape());
            case '*' or '+' or '?' or '{' or '}' or ']' or ')' or '|' or -1:
                throw new FormatException();
            default:
                return One(rune => rune.Value == c);
        }
    }

    private Func<Rune, bool> ParseClass()
    {
        var negated = Take('^');
        var members = new List<Func<Rune, bool>>();
        var first = true;
        while (!Take(']'))
        {
            var c = Peek();
            if (c == '-')
            {
                // Only as the first or the last.
                _at++;
                if (!first && Peek() != ']')
                    throw new FormatException();
                members.Add(rune => rune.Value == '-');
            }
            else if (c == '\\' && PeekNext() is 'p' or 'P')
            {
                _at++;
                members.Add(ParseEscape());
            }
            else
            {
                members.Add(ParseRange());
            }

            first = false;
        }

        return first ? throw new FormatException() : rune => members.Any(fits => fits(rune)) != negated;
    }

    private Func<Rune, bool> ParseRange()
    {
        var from = TakeClassCharacter();
        if (Peek() != '-' || PeekNext() == ']')
            return rune => rune.Value == from;
        _at++;
        var to = TakeClassCharacter();
        return from <= to ? rune => rune.Value >= from && rune.Value <= to : throw new FormatException();
    }

    private int TakeClassCharacter()
    {
        var c = Peek();
        _at++;
        return c switch
        {
            '\\' => TakeSingleEscape(),
            '-' or '[' or ']' or -1 => throw new FormatException(),
            _ => c,
        };
    }

    /// <summary>What follows a backslash outside a class, or begins with p or P.</summary>
    private Func<Rune, bool> ParseEscape()
    {
        if (Peek() is 'p' or 'P')
        {
            var complement = Peek() == 'P';
            _at++;
            var category = ParseCategory();
            return rune => category(rune) != complement;
        }

        var single = TakeSingleEscape();
        return rune => rune.Value == single;
    }

    private int TakeSingleEscape()
    {
        var c = Peek();
        _at++;
        return c switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            (>= '(' and <= '+') or '-' or '.' or '?' or (>= '[' and <= '^') or (>= '{' and <= '}') => c,
            _ => throw new FormatException(),
        };
    }

    private Func<Rune, bool> ParseCategory()
    {
        if (!Take('{'))
            throw new FormatException();
        var start = _at;
        while (Peek() is not ('}' or -1))
            _at++;
        var name = string.Concat(_runes[start.._at]);
        if (!Take('}') || !Categories.TryGetValue(name, out var categories))
            throw new FormatException();
        return rune => categories.Contains(Rune.GetUnicodeCategory(rune));
    }

    private Part One(Func<Rune, bool> fits) => after => NewState(new IRegexpState { Fits = fits }, after);

    private IRegexpState Fork(IReadOnlyList<IRegexpState> branches) => NewState(new IRegexpState(), [.. branches]);

    private IRegexpState NewState(IRegexpState state, params IRegexpState[] next)
    {
        if (++_states > MaxStates)
            throw new FormatException();
        state.Next.AddRange(next);
        return state;
    }

    private int TakeCount()
    {
        var start = _at;
        while (Peek() is >= '0' and <= '9')
            _at++;
        return _at - start is > 0 and <= 5
            ? int.Parse(string.Concat(_runes[start.._at]), CultureInfo.InvariantCulture)
            : throw new FormatException();
    }

    private bool Take(char c)
    {
        if (Peek() != c)
            return false;
        _at++;
        return true;
    }

    private int Peek() => _at < _runes.Length ? _runes[_at].Value : -1;

    private int PeekNext() => _at + 1 < _runes.Length ? _runes[_at + 1].Value : -1;

    private static readonly Dictionary<string, UnicodeCategory[]> Categories = MakeCategories();

    private static Dictionary<string, UnicodeCategory[]> MakeCategories()
    {
        // In the order of the enumeration. Surrogates (Cs) are no characters.
        string[] names =
        [
            "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc",
            "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
        ];
        var single = names.Select((name, i) => (Name: name, Category: (UnicodeCategory)i)).Where(pair => pair.Name != "Cs").ToArray();
        return single
            .Select(pair => (Key: pair.Name, pair.Category))
            .Concat(single.Select(pair => (Key: pair.Name[..1], pair.Category)))
            .GroupBy(pair => pair.Key, pair => pair.Category)
            .ToDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);
    }
}
