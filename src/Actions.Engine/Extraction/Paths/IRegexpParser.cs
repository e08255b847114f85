using System.Globalization;
using System.Text;
using Actions.Engine.Syntax;

namespace Actions.Engine.Extraction.Paths;

/// <summary>Parses an I-Regexp (RFC 9485 section 4) into an automaton, one method per grammar rule.</summary>
internal sealed class IRegexpParser(string pattern, Action onStep)
{
    // Limits for a pattern from a document: (a{100}){100} is 10,000 states.
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
            foreach (var _ in _runes)
                onStep();
            var end = new IRegexpState { IsEnd = true };
            var build = ParseAlternatives();
            return _at == _runes.Length ? new IRegexp(build(end)) : null;
        }
        catch (SyntaxException)
        {
            return null;
        }
    }

    private static SyntaxException Invalid() => new("isn't an I-Regexp (RFC 9485), or is too large");

    /// <summary>
    /// A part of the expression: given the state that follows it, creates its states and returns the first.
    /// </summary>
    private delegate IRegexpState Part(IRegexpState after);

    private Part ParseAlternatives()
    {
        if (++_depth > MaxDepth)
            throw Invalid();
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
        return Take('}') && !(max < min) ? Repeat(atom, min, max) : throw Invalid();
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
        {
            // An empty atom creates no state that would be counted.
            Count();
            first = atom(first);
        }

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
                return Take(')') ? inner : throw Invalid();
            case '.':
                return One(rune => rune.Value is not ('\n' or '\r'));
            case '[':
                return One(ParseClass().Contains);
            case '^' or '$':
                return after => NewState(new IRegexpState { Anchor = (char)c }, after);
            case '\\':
                var escaped = new RuneSet();
                AddEscape(escaped);
                return One(escaped.Contains);
            case '*' or '+' or '?' or '{' or '}' or ']' or ')' or '|' or -1:
                throw Invalid();
            default:
                return One(rune => rune.Value == c);
        }
    }

    private RuneSet ParseClass()
    {
        var set = new RuneSet { IsNegated = Take('^') };
        for (var first = true; first || !Take(']'); first = false)
        {
            if (Peek() == '-')
            {
                // Allowed only as the first or last character.
                _at++;
                if (!first && Peek() != ']')
                    throw Invalid();
                set.Add('-', '-');
            }
            else if (Peek() == '\\' && PeekNext() is 'p' or 'P')
            {
                _at++;
                AddEscape(set);
            }
            else
            {
                AddRange(set);
            }
        }

        set.Sort();
        return set;
    }

    private void AddRange(RuneSet set)
    {
        var from = TakeClassCharacter();
        var to = from;
        if (Peek() == '-' && PeekNext() != ']')
        {
            _at++;
            to = TakeClassCharacter();
        }

        if (from > to)
            throw Invalid();
        set.Add(from, to);
    }

    private int TakeClassCharacter()
    {
        var c = Peek();
        _at++;
        return c switch
        {
            '\\' => TakeSingleEscape(),
            '-' or '[' or ']' or -1 => throw Invalid(),
            _ => c,
        };
    }

    /// <summary>An escape outside a class, or one that begins with p or P.</summary>
    private void AddEscape(RuneSet set)
    {
        if (Peek() is 'p' or 'P')
        {
            var complement = Peek() == 'P';
            _at++;
            set.Add(ParseCategory(), complement);
        }
        else
        {
            var single = TakeSingleEscape();
            set.Add(single, single);
        }
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
            _ => throw Invalid(),
        };
    }

    private string ParseCategory()
    {
        if (!Take('{'))
            throw Invalid();
        var start = _at;
        while (Peek() is not ('}' or -1))
            _at++;
        var name = string.Concat(_runes[start.._at]);
        return Take('}') && RuneSet.IsCategory(name) ? name : throw Invalid();
    }

    private Part One(Func<Rune, bool> accepts) => after => NewState(new IRegexpState { Accepts = accepts }, after);

    private IRegexpState Fork(IReadOnlyList<IRegexpState> branches) => NewState(new IRegexpState(), [.. branches]);

    private IRegexpState NewState(IRegexpState state, params IRegexpState[] next)
    {
        Count();
        state.Next.AddRange(next);
        return state;
    }

    private void Count()
    {
        onStep();
        if (++_states > MaxStates)
            throw Invalid();
    }

    private int TakeCount()
    {
        var start = _at;
        while (Peek() is >= '0' and <= '9')
            _at++;
        return _at - start is > 0 and <= 5
            ? int.Parse(string.Concat(_runes[start.._at]), CultureInfo.InvariantCulture)
            : throw Invalid();
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
}
