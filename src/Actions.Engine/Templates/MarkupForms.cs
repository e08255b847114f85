using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Actions.Engine.Templates;

/// <summary>
/// Decides for each placeholder of a text in XML or HTML how its value is escaped, or that it can't be: it follows the
/// text's structure as far as escaping depends on it.
/// </summary>
internal sealed class MarkupForms
{
    // HTML, section 13.1.2: character references mean nothing in these.
    private static readonly FrozenSet<string> RawText = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "plaintext");

    private readonly bool _isHtml;
    private Place _place;
    private string _element = "";
    private string _attribute = "";
    private bool _isEndTag;

    private MarkupForms(bool isHtml) => _isHtml = isHtml;

    private enum Place
    {
        Content,
        Tag,
        DoubleQuotes,
        SingleQuotes,
        Comment,
        Section,
        Declaration,
        Instruction,
        RawText,
    }

    /// <param name="problems">Receives where a value can't be escaped; each completes "The field …".</param>
    public static ImmutableArray<TemplatePart> Assign(
        ImmutableArray<TemplatePart> parts, TemplateKind kind, List<string> problems)
    {
        var reader = new MarkupForms(kind == TemplateKind.Html);
        var text = kind == TemplateKind.Message ? ValueForm.Speech : ValueForm.Markup;
        var assigned = ImmutableArray.CreateBuilder<TemplatePart>(parts.Length);
        foreach (var part in parts)
        {
            if (!part.IsPlaceholder)
            {
                reader.Read(part.Text);
                assigned.Add(part);
                continue;
            }

            if (reader.UnsafePlace() is { } place)
                problems.Add(
                    $"has the placeholder {{{part.Text}}} in {place}, where its value can't be escaped; "
                    + "put it into the text of an element or a quoted attribute.");
            assigned.Add(part with
            {
                Form = reader._place switch
                {
                    Place.DoubleQuotes or Place.SingleQuotes when kind != TemplateKind.Message => ValueForm.Attribute,
                    Place.Section => ValueForm.Section,
                    _ => text,
                },
            });
        }

        return assigned.DrainToImmutable();
    }

    private string? UnsafePlace() => _place switch
    {
        Place.Tag => "a tag, outside of quotes",
        Place.Comment => "a comment",
        Place.Declaration => "a declaration",
        Place.Instruction => "a processing instruction",
        Place.RawText => $"a <{_element}> element",
        Place.DoubleQuotes or Place.SingleQuotes when _isHtml && IsCode(_attribute) =>
            $"the attribute '{_attribute}', which is code",
        _ => null,
    };

    private static bool IsCode(string attribute) =>
        attribute.StartsWith("on", StringComparison.OrdinalIgnoreCase)
        || attribute.Equals("style", StringComparison.OrdinalIgnoreCase)
        || attribute.Equals("srcdoc", StringComparison.OrdinalIgnoreCase);

    private void Read(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            at = _place switch
            {
                Place.Content => ReadContent(text, at),
                Place.Tag => ReadTag(text, at),
                Place.DoubleQuotes => Until(text, at, "\"", Place.Tag),
                Place.SingleQuotes => Until(text, at, "'", Place.Tag),
                Place.Comment => Until(text, at, "-->", Place.Content),
                Place.Section => Until(text, at, "]]>", Place.Content),
                Place.Declaration => Until(text, at, ">", Place.Content),
                Place.Instruction => Until(text, at, _isHtml ? ">" : "?>", Place.Content),
                _ => Until(text, at, $"</{_element}", Place.Tag),
            };
        }
    }

    private int Until(string text, int at, string end, Place next)
    {
        var found = text.IndexOf(end, at, StringComparison.OrdinalIgnoreCase);
        if (found < 0)
            return text.Length;
        // What follows the name of an element of raw text is its end tag's.
        _isEndTag |= _place == Place.RawText;
        _place = next;
        return found + end.Length;
    }

    private int ReadContent(string text, int at)
    {
        var open = text.IndexOf('<', at);
        if (open < 0)
            return text.Length;
        var rest = text.AsSpan(open + 1);
        if (rest.StartsWith("!--"))
            return Enter(Place.Comment, open + 4);
        if (rest.StartsWith("![CDATA[") && !_isHtml)
            return Enter(Place.Section, open + 9);
        if (rest is ['!', ..])
            return Enter(Place.Declaration, open + 2);
        if (rest is ['?', ..])
            return Enter(Place.Instruction, open + 2);
        _isEndTag = rest is ['/', ..];
        var start = open + (_isEndTag ? 2 : 1);
        var end = start;
        while (end < text.Length && !char.IsWhiteSpace(text[end]) && text[end] is not ('>' or '/'))
            end++;
        // A bracket before anything but a name is text, though XML has none; one at the end may precede a placeholder.
        if (end == start && end < text.Length)
            return start;
        if (end > start && !char.IsLetter(text[start]) && text[start] != '_')
            return start;
        _element = text[start..end];
        _attribute = "";
        return Enter(Place.Tag, end);
    }

    private int ReadTag(string text, int at)
    {
        var c = text[at];
        if (c == '>')
        {
            var isEmpty = at > 0 && text[at - 1] == '/';
            _place = _isHtml && !_isEndTag && !isEmpty && RawText.Contains(_element) ? Place.RawText : Place.Content;
        }
        else if (c is '"' or '\'')
        {
            _place = c == '"' ? Place.DoubleQuotes : Place.SingleQuotes;
        }
        else if (!char.IsWhiteSpace(c) && c is not ('=' or '/'))
        {
            var end = at;
            while (end < text.Length && !char.IsWhiteSpace(text[end]) && !"=/>\"'".Contains(text[end]))
                end++;
            _attribute = text[at..end];
            return end;
        }

        return at + 1;
    }

    private int Enter(Place place, int at)
    {
        _place = place;
        return at;
    }
}
