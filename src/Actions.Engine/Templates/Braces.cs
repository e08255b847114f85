namespace Actions.Engine.Templates;

/// <summary>The braces of a template that are text: which belong together, and which have no partner.</summary>
internal sealed class Braces
{
    private readonly Dictionary<int, int> _partners = [];

    public Braces(TemplateSource source)
    {
        // Kept by a backslash: a partner for a closing brace, and nothing to complain about.
        const int kept = -1;
        var open = new Stack<int>();
        foreach (var token in source.Tokens)
        {
            if (token.Kind is not (TokenKind.Literal or TokenKind.Quiet or TokenKind.Escaped))
                continue;
            for (var i = 0; i < token.Text.Length; i++)
            {
                if (token.Text[i] == '{')
                {
                    open.Push(token.Kind != TokenKind.Escaped ? token.Start + i : kept);
                    if (token.Kind != TokenKind.Escaped)
                        Opening.Add(token.Start + i);
                }
                else if (token.Text[i] == '}')
                {
                    if (open.TryPop(out var start))
                        _partners[start] = token.Start + i;
                    else
                        Lonely.Add(token.Start + i);
                }
            }
        }

        IsOpening = [.. Opening];
    }

    /// <summary>The positions of opening braces, in order.</summary>
    public List<int> Opening { get; } = [];

    /// <summary>The closing braces that nothing opens.</summary>
    public HashSet<int> Lonely { get; } = [];

    public HashSet<int> IsOpening { get; }

    /// <summary>The position of the closing brace; null if there is none.</summary>
    public int? PartnerOf(int opening) => _partners.TryGetValue(opening, out var partner) ? partner : null;
}
