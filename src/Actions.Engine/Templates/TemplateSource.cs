using System.Collections.Immutable;
using System.Text;

namespace Actions.Engine.Templates;

/// <summary>A template as it was written, read at its place.</summary>
/// <param name="Text">The source.</param>
/// <param name="Tokens">Of the source, all of it.</param>
/// <param name="Angles">What each token in angle brackets is, by its position.</param>
/// <param name="IsMarkup">It has tags, or its place is for such texts.</param>
/// <param name="IsDeclared">Whether a variable of that name is declared.</param>
internal sealed record TemplateSource(
    string Text,
    TemplateKind Kind,
    IReadOnlyList<TemplateToken> Tokens,
    IReadOnlyDictionary<int, AngleMeaning> Angles,
    bool IsMarkup,
    Func<string, bool> IsDeclared)
{
    private ImmutableArray<TemplatePart> _parts;

    /// <summary>Where a value can't be escaped; each completes "The field …".</summary>
    public List<string> UnsafePlaces { get; } = [];

    public Template Template => Template.FromParts(_parts);

    /// <param name="isDeclared">Whether a variable of that name is declared.</param>
    public static TemplateSource Read(string text, TemplateKind kind, Func<string, bool> isDeclared)
    {
        var tokens = TemplateScanner.Scan(text);
        var angles = TagRules.Decide(tokens, kind, isDeclared, out var isMarkup);
        var source = new TemplateSource(text, kind, tokens, angles, isMarkup, isDeclared);
        source._parts = source.Assign(source.ToParts());
        return source;
    }

    public bool IsPlaceholder(TemplateToken token) => token.Kind == TokenKind.Placeholder
        || (token.Kind == TokenKind.Angle && Angles[token.Start] is AngleMeaning.Placeholder or AngleMeaning.Ambiguous);

    private ImmutableArray<TemplatePart> ToParts()
    {
        var parts = ImmutableArray.CreateBuilder<TemplatePart>();
        var literal = new StringBuilder();
        foreach (var token in Tokens)
        {
            if (!IsPlaceholder(token))
            {
                literal.Append(
                    token.Kind == TokenKind.Escaped ? token.Text : Text.AsSpan(token.Start, token.End - token.Start));
                continue;
            }

            if (literal.Length > 0)
                parts.Add(new TemplatePart(literal.ToString(), IsPlaceholder: false));
            literal.Clear();
            parts.Add(new TemplatePart(token.Text, IsPlaceholder: true));
        }

        if (literal.Length > 0)
            parts.Add(new TemplatePart(literal.ToString(), IsPlaceholder: false));
        return parts.DrainToImmutable();
    }

    private ImmutableArray<TemplatePart> Assign(ImmutableArray<TemplatePart> parts) => Kind switch
    {
        TemplateKind.Xml or TemplateKind.Html => MarkupForms.Assign(parts, Kind, UnsafePlaces),
        TemplateKind.Message when IsMarkup => MarkupForms.Assign(parts, Kind, UnsafePlaces),
        TemplateKind.Json => JsonForms.Assign(parts, UnsafePlaces),
        _ => parts,
    };
}
