using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Actions.Engine.Variables;

namespace Actions.Engine.Templates;

/// <summary>
/// A text with placeholders, parsed once. <c>&lt;name&gt;</c>, <c>{name}</c> and <c>{{name}}</c> are equivalent. What
/// a placeholder may name: see <see cref="Reference"/>. A bracket that doesn't open a placeholder is text, and so is a
/// tag of markup: see <see cref="TagRules"/>.
/// </summary>
internal sealed class Template
{
    /// <summary>Characters of a text that is put together without memory of the heap.</summary>
    public const int UsualLength = 256;

    private Template(ImmutableArray<TemplatePart> parts)
    {
        Parts = parts;
        Names = [.. parts.Where(part => part.IsPlaceholder).Select(part => part.Text)];
    }

    public ImmutableArray<TemplatePart> Parts { get; }

    /// <summary>The references in the template, in order, with repetitions.</summary>
    public ImmutableArray<string> Names { get; }

    public bool HasPlaceholders => !Names.IsEmpty;

    /// <summary>The reference if the whole text is exactly one placeholder; otherwise null.</summary>
    public string? OnlyPlaceholder => Parts is [{ IsPlaceholder: true } only] ? only.Text : null;

    public static Template Parse(string text) =>
        TemplateSource.Read(text, TemplateKind.Plain, static _ => false).Template;

    /// <summary>A template of parts that are already parsed.</summary>
    public static Template FromParts(ImmutableArray<TemplatePart> parts) => new(parts);

    /// <summary>The source of a template without placeholders that renders as the text.</summary>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length + 8);
        var backslashes = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is '{' or '<')
                escaped.Append('\\', backslashes + 1);
            escaped.Append(c);
            // One backslash keeps both.
            if (c == '{' && i + 1 < text.Length && text[i + 1] == '{')
                escaped.Append(text[++i]);
            backslashes = c == '\\' ? backslashes + 1 : 0;
        }

        return escaped.ToString();
    }

    /// <summary>The text with every placeholder replaced by its variable's text.</summary>
    /// <param name="limit">In characters. Rendering stops soon after; the code that renders rejects a longer
    /// text.</param>
    /// <param name="escape">Escapes a variable's text. Null: as each part says.</param>
    public string Render(VariableValues variables, int limit, Func<string, string>? escape = null)
    {
        if (Parts.Length == 0)
            return "";
        if (Parts is [var only])
            return Text(only, variables, escape);
        // The framework's own builder for interpolated strings: a buffer of the pool, if the stack's is too short.
        var text = new DefaultInterpolatedStringHandler(
            0, 0, CultureInfo.InvariantCulture, stackalloc char[UsualLength]);
        WriteTo(ref text, variables, limit, escape);
        return text.ToStringAndClear();
    }

    /// <summary>As <see cref="Render"/>, at the end of another text.</summary>
    public void WriteTo(
        ref DefaultInterpolatedStringHandler text, VariableValues variables, int limit, Func<string, string>? escape)
    {
        var start = text.Text.Length;
        foreach (var part in Parts)
        {
            if (text.Text.Length - start > limit)
                break;
            text.AppendLiteral(Text(part, variables, escape));
        }
    }

    /// <summary>A number of characters that the text doesn't exceed, without rendering it.</summary>
    public long LongestText(VariableValues variables)
    {
        var longest = 0L;
        foreach (var part in Parts)
            longest += part.IsPlaceholder ? part.Form.LongestText(variables.LongestText(part.Text)) : part.Text.Length;
        return longest;
    }

    private static string Text(TemplatePart part, VariableValues variables, Func<string, string>? escape) =>
        !part.IsPlaceholder ? part.Text
        : escape is null ? part.Form.Write(variables, part.Text)
        : escape(variables.Text(part.Text));

    /// <summary>Whether the text is a valid name of a variable.</summary>
    public static bool IsName(ReadOnlySpan<char> name) => Reference.IsName(name);
}

/// <summary>A piece of a template: a placeholder's reference, or literal text.</summary>
/// <param name="Form">How a placeholder's value is written.</param>
internal readonly record struct TemplatePart(string Text, bool IsPlaceholder, ValueForm Form = ValueForm.Text);
