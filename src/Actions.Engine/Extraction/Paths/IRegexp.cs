using System.Text;

namespace Actions.Engine.Extraction.Paths;

/// <summary>
/// A regular expression for interoperability (RFC 9485), run as a set of states that moves along the text. The time is
/// bounded by the text's length times the expression's, whatever their content. In addition to the RFC, <c>^</c> and
/// <c>$</c> are anchors, as the compliance suite expects.
/// </summary>
internal sealed class IRegexp(IRegexpState start)
{
    /// <param name="onStep">Called for every character read and every state created.</param>
    /// <returns>Null if the text isn't such an expression, or is too large.</returns>
    public static IRegexp? TryParse(string pattern, Action onStep) => new IRegexpParser(pattern, onStep).TryParse();

    /// <param name="whole">Whether the whole text must match, or any part of it.</param>
    /// <param name="onStep">Called for every state that is visited.</param>
    public bool IsMatch(string text, bool whole, Action onStep)
    {
        var runes = text.EnumerateRunes().ToArray();
        var states = new HashSet<IRegexpState>();
        for (var i = 0; ; i++)
        {
            if (i == 0 || !whole)
                Enter(start, states, i, runes.Length, onStep);
            if (states.Any(state => state.IsEnd) && (!whole || i == runes.Length))
                return true;
            if (i == runes.Length || (whole && states.Count == 0))
                return false;

            var next = new HashSet<IRegexpState>();
            foreach (var state in states)
                if (state.Accepts?.Invoke(runes[i]) == true)
                    Enter(state.Next[0], next, i + 1, runes.Length, onStep);
            states = next;
        }
    }

    /// <summary>Adds a state and all states that can be reached from it without a character.</summary>
    private static void Enter(IRegexpState state, HashSet<IRegexpState> states, int at, int length, Action onStep)
    {
        var pending = new Stack<IRegexpState>([state]);
        while (pending.TryPop(out var current))
        {
            onStep();
            if (!states.Add(current) || current.Accepts is not null)
                continue;
            if ((current.Anchor == '^' && at != 0) || (current.Anchor == '$' && at != length))
                continue;
            foreach (var next in current.Next)
                pending.Push(next);
        }
    }
}

/// <summary>A state of the automaton: consumes a character that it accepts, or proceeds without one.</summary>
internal sealed class IRegexpState
{
    /// <summary>Null: proceeds without a character.</summary>
    public Func<Rune, bool>? Accepts { get; init; }

    /// <summary>'^' or '$': proceeds only at that anchor.</summary>
    public char Anchor { get; init; }

    public bool IsEnd { get; init; }

    public List<IRegexpState> Next { get; } = [];
}
