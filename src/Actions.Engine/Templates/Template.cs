using System.Collections.Immutable;
using System.Text;
using Actions.Engine.Variables;

namespace Actions.Engine.Templates;

/// <summary>
/// A text with placeholders, parsed once. <c>&lt;name&gt;</c>, <c>{name}</c> and <c>{{name}}</c> are equivalent. A name
/// consists of letters, digits, underscores and dots (ASCII), and starts with a letter or an underscore. A bracket that
/// doesn't open a placeholder is text.
/// </summary>
/// <remarks>
/// A backslash directly before an opening bracket makes the bracket (or both of <c>{{</c>) text. Two backslashes there
/// are one literal backslash, and the bracket keeps its meaning. Every other backslash is text.
/// </remarks>
internal sealed class Template
{
    private Template(ImmutableArray<TemplatePart> parts) => Parts = parts;

    public ImmutableArray<TemplatePart> Parts { get; }

    /// <summary>The variable names in the template, in order, with repetitions.</summary>
    public IEnumerable<string> Names => Parts.Where(part => part.IsPlaceholder).Select(part => part.Text);

    public bool HasPlaceholders => Parts.Any(part => part.IsPlaceholder);

    /// <summary>The variable's name if the whole text is exactly one placeholder; otherwise null.</summary>
    public string? OnlyPlaceholder => Parts is [{ IsPlaceholder: true } only] ? only.Text : null;

    public static Template Parse(string text)
    {
        var parts = ImmutableArray.CreateBuilder<TemplatePart>();
        var literal = new StringBuilder();
        var at = 0;
        while (at < text.Length)
        {
            var backslashes = CountBackslashes(text, at);
            var open = at + backslashes;
            if (open >= text.Length || !IsOpening(text[open]))
            {
                var plain = Math.Max(backslashes, 1);
                literal.Append(text, at, plain);
                at += plain;
                continue;
            }

            literal.Append('\\', backslashes / 2);
            at = open;
            if (backslashes % 2 == 1)
            {
                var kept = text.AsSpan(at).StartsWith("{{") ? 2 : 1;
                literal.Append(text, at, kept);
                at += kept;
            }
            else if (PlaceholderAt(text, at) is var (name, length))
            {
                FlushLiteral(parts, literal);
                parts.Add(new TemplatePart(name, IsPlaceholder: true));
                at += length;
            }
            else
            {
                literal.Append(text[at++]);
            }
        }

        FlushLiteral(parts, literal);
        return new Template(parts.DrainToImmutable());
    }

    /// <summary>A template of parts that are already parsed.</summary>
    public static Template FromParts(ImmutableArray<TemplatePart> parts) => new(parts);

    /// <summary>The text with every placeholder replaced by its variable's text.</summary>
    /// <param name="limit">In characters. Rendering stops soon after; the code that renders rejects a longer
    /// text.</param>
    /// <param name="escape">Escapes a variable's text. Null: no escaping.</param>
    public string Render(VariableValues variables, int limit, Func<string, string>? escape = null)
    {
        if (Parts.Length == 0)
            return "";
        if (Parts is [{ IsPlaceholder: false } only])
            return only.Text;

        var text = new StringBuilder();
        foreach (var part in Parts)
        {
            if (text.Length > limit)
                break;
            if (!part.IsPlaceholder)
                text.Append(part.Text);
            else if (escape is null)
                text.Append(variables.Text(part.Text));
            else
                text.Append(escape(variables.Text(part.Text)));
        }

        return text.ToString();
    }

    /// <summary>Whether the text is a valid placeholder name.</summary>
    public static bool IsName(ReadOnlySpan<char> name) => name.Length > 0 && NameLength(name) == name.Length;

    private static (string Name, int Length)? PlaceholderAt(string text, int at)
    {
        foreach (var (opening, closing) in (ReadOnlySpan<(string, string)>)[("{{", "}}"), ("{", "}"), ("<", ">")])
        {
            var rest = text.AsSpan(at);
            if (!rest.StartsWith(opening))
                continue;
            rest = rest[opening.Length..];
            var length = NameLength(rest);
            if (length > 0 && rest[length..].StartsWith(closing))
                return (rest[..length].ToString(), opening.Length + length + closing.Length);
        }

        return null;
    }

    private static int NameLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        while (length < text.Length && IsNameCharacter(text[length], first: length == 0))
            length++;
        return length;
    }

    private static bool IsNameCharacter(char c, bool first) =>
        char.IsAsciiLetter(c) || c == '_' || (!first && (char.IsAsciiDigit(c) || c == '.'));

    private static bool IsOpening(char c) => c is '{' or '<';

    private static int CountBackslashes(string text, int at)
    {
        var end = at;
        while (end < text.Length && text[end] == '\\')
            end++;
        return end - at;
    }

    private static void FlushLiteral(ImmutableArray<TemplatePart>.Builder parts, StringBuilder literal)
    {
        if (literal.Length == 0)
            return;
        parts.Add(new TemplatePart(literal.ToString(), IsPlaceholder: false));
        literal.Clear();
    }
}

/// <summary>A piece of a template: a placeholder's name, or literal text.</summary>
internal readonly record struct TemplatePart(string Text, bool IsPlaceholder);
