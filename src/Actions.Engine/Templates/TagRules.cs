using System.Collections.Frozen;
using Actions.Engine.Variables;

namespace Actions.Engine.Templates;

/// <summary>
/// What <c>&lt;name&gt;</c> is: a placeholder, a tag, or one of the two, which only the author knows.
/// </summary>
internal enum AngleMeaning
{
    Placeholder,

    /// <summary>A tag.</summary>
    Text,

    /// <summary>Neither: no variable can have such a name, and there is no end tag.</summary>
    Lookalike,

    /// <summary>A placeholder, and also a tag that the text may have been meant to have.</summary>
    Ambiguous,
}

/// <summary>
/// Decides between placeholders in angle brackets and tags. <c>&lt;x&gt;</c> with its end tag in the same text is a
/// tag. Without one it is a placeholder, as no XML has a start tag alone; HTML and careless SSML have.
/// </summary>
internal static class TagRules
{
    // HTML, section 13.1.2: elements without an end tag, and those whose end tag may be omitted.
    private static readonly FrozenSet<string> Void = Names(
        "area base br col embed hr img input link meta param source track wbr");

    private static readonly FrozenSet<string> OptionalEnd = Names(
        "body caption colgroup dd dt head html li optgroup option p rp rt tbody td tfoot th thead tr");

    // SSML 1.1, and what the large vendors add.
    private static readonly FrozenSet<string> Speech = Names(
        "audio break desc emphasis lang lexicon lookup mark meta metadata p phoneme prosody s say-as speak sub token "
        + "voice w");

    // Those of HTML that nobody means as a variable.
    private static readonly FrozenSet<string> Short = Names("br col dd dt hr img li p rp rt td th tr wbr");

    // Not even where nothing else is marked up.
    private static readonly FrozenSet<string> NeverNames = Names("br hr wbr speak");

    /// <param name="tokens">Of the whole text.</param>
    /// <param name="isDeclared">Whether a variable of that name is declared.</param>
    /// <param name="isMarkup">Whether the text has tags, or is of a type that has.</param>
    /// <returns>The meaning of each <see cref="TokenKind.Angle"/> by its position.</returns>
    public static Dictionary<int, AngleMeaning> Decide(
        IReadOnlyList<TemplateToken> tokens, TemplateKind kind, Func<string, bool> isDeclared, out bool isMarkup)
    {
        var ends = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var paired = Pair(tokens, ends);
        isMarkup = kind is TemplateKind.Xml or TemplateKind.Html || paired.Count > 0
            || tokens.Any(token => token.Kind is TokenKind.Tag or TokenKind.EmptyTag or TokenKind.EndTag);
        var meanings = new Dictionary<int, AngleMeaning>();
        foreach (var token in tokens)
        {
            if (token.Kind == TokenKind.Angle)
                meanings.Add(token.Start, paired.Contains(token.Start)
                    ? AngleMeaning.Text
                    : Single(token, kind, isMarkup, ends.Contains(token.Text), isDeclared(token.Text)));
        }

        return meanings;
    }

    /// <returns>The positions of the start tags that have an end tag.</returns>
    private static HashSet<int> Pair(IReadOnlyList<TemplateToken> tokens, HashSet<string> ends)
    {
        var open = new Dictionary<string, Stack<int>>(StringComparer.OrdinalIgnoreCase);
        var paired = new HashSet<int>();
        foreach (var token in tokens)
        {
            switch (token.Kind)
            {
                case TokenKind.Tag or TokenKind.Angle when !token.InTag || token.Kind == TokenKind.Tag:
                    if (!open.TryGetValue(token.Text, out var starts))
                        open.Add(token.Text, starts = new Stack<int>());
                    starts.Push(token.Start);
                    break;
                case TokenKind.EndTag:
                    ends.Add(token.Text);
                    if (open.TryGetValue(token.Text, out var started) && started.TryPop(out var start))
                        paired.Add(start);
                    break;
                default:
                    break;
            }
        }

        return paired;
    }

    /// <summary>One without an end tag of its own.</summary>
    private static AngleMeaning Single(
        TemplateToken token, TemplateKind kind, bool isMarkup, bool hasEnds, bool isDeclared)
    {
        var name = token.Text;
        var isHtml = Void.Contains(name) || OptionalEnd.Contains(name);
        if (token.End - token.Start != name.Length + 2 || Reference.Length(name) != name.Length)
        {
            // In a URL it is no tag, but a path's converter, as in <int:id>.
            var isQualified = name.Contains(':', StringComparison.Ordinal) && kind != TemplateKind.Url;
            return isHtml || isQualified ? AngleMeaning.Text : AngleMeaning.Lookalike;
        }

        if (token.InTag)
            return AngleMeaning.Placeholder;
        var standsAlone = kind switch
        {
            TemplateKind.Html => isHtml,
            TemplateKind.Message or TemplateKind.Xml => false,
            _ => isMarkup && Short.Contains(name),
        };
        if (standsAlone)
            return isDeclared ? AngleMeaning.Ambiguous : AngleMeaning.Text;
        if (hasEnds)
            return AngleMeaning.Ambiguous;
        var isElement = NeverNames.Contains(name)
            || (isMarkup && (kind == TemplateKind.Message ? Speech.Contains(name) || Short.Contains(name) : isHtml));
        return isElement && !isDeclared ? AngleMeaning.Ambiguous : AngleMeaning.Placeholder;
    }

    private static FrozenSet<string> Names(string names) =>
        names.Split(' ').ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
