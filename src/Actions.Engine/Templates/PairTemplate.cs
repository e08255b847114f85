using System.Collections.Immutable;
using Actions.Engine.Limits;
using Actions.Engine.Variables;
using Actions.V1;

namespace Actions.Engine.Templates;

/// <summary>
/// One <c>name=value</c> of a query or a form. If the value is exactly one placeholder, a list becomes several pairs,
/// and a variable without a value none.
/// </summary>
internal sealed class PairTemplate
{
    // Encoded; as Rails and PHP name a list.
    private const string Brackets = "%5B%5D";

    private readonly Template _name;
    private readonly Template _value;
    private readonly ListStyle _style;
    private readonly Func<string, string> _encode;

    private PairTemplate(Template name, Template value, ListStyle style, Func<string, string> encode)
    {
        _name = name;
        _value = value;
        _style = style;
        _encode = encode;
        Names = [.. name.Names, .. value.Names];
    }

    public ImmutableArray<string> Names { get; }

    /// <param name="name">Not encoded yet.</param>
    /// <param name="value">Not encoded yet.</param>
    /// <param name="style">How a list is written.</param>
    /// <param name="encode">The encoding of the query or form.</param>
    public static PairTemplate Of(string name, Template value, ListStyle style, Func<string, string> encode)
    {
        var encoded = encode(name);
        if (style == ListStyle.Brackets && value.OnlyPlaceholder is not null
            && !encoded.EndsWith(Brackets, StringComparison.Ordinal))
            encoded += Brackets;
        var parts = value.Parts.Select(part => part.IsPlaceholder ? part : part with { Text = encode(part.Text) });
        return new PairTemplate(Literal($"{encoded}="), Template.FromParts([.. parts]), style, encode);
    }

    /// <summary>The pairs of a text, such as a URL's own query, whose literals are encoded already.</summary>
    /// <param name="encode">The encoding of the query or form.</param>
    public static ImmutableArray<PairTemplate> InText(
        ImmutableArray<TemplatePart> text, Func<string, string> encode)
    {
        var pairs = ImmutableArray.CreateBuilder<PairTemplate>();
        var pair = ImmutableArray.CreateBuilder<TemplatePart>();
        foreach (var part in text)
        {
            var texts = part.IsPlaceholder ? [part.Text] : part.Text.Split('&');
            for (var i = 0; i < texts.Length; i++)
            {
                if (i > 0)
                    pairs.Add(InText(pair, encode));
                if (texts[i].Length > 0)
                    pair.Add(part with { Text = texts[i] });
            }
        }

        pairs.Add(InText(pair, encode));
        return pairs.DrainToImmutable();
    }

    /// <summary>Writes the pairs, encoded.</summary>
    /// <param name="variables">The values of the placeholders.</param>
    /// <param name="limit">In characters of all that is written. It stops soon after.</param>
    /// <param name="violations">Receives a violation for each variable whose value has no form here.</param>
    public void WriteTo(ref PairWriter pairs, VariableValues variables, int limit, Violations violations)
    {
        if (pairs.Length > limit)
            return;
        variables.RefuseNested(Names, "a query or a form", violations);
        if (_value.OnlyPlaceholder is not { } only)
        {
            Begin(ref pairs, variables, limit);
            _value.WriteTo(ref pairs.Text, variables, limit, _encode);
            return;
        }

        var hasBegun = false;
        foreach (var element in variables.Elements(only))
        {
            if (pairs.Length > limit)
                return;
            // A comma within an element is encoded, so it doesn't become one between elements.
            if (hasBegun && _style == ListStyle.Comma)
                pairs.Text.AppendLiteral(",");
            else
                Begin(ref pairs, variables, limit);
            pairs.Text.AppendLiteral(_encode(element));
            hasBegun = true;
        }
    }

    private void Begin(ref PairWriter pairs, VariableValues variables, int limit)
    {
        pairs.Begin();
        _name.WriteTo(ref pairs.Text, variables, limit, _encode);
    }

    private static PairTemplate InText(ImmutableArray<TemplatePart>.Builder pair, Func<string, string> encode)
    {
        var parts = pair.DrainToImmutable();
        var name = parts
            .TakeWhile(part => part.IsPlaceholder || !part.Text.Contains('=', StringComparison.Ordinal)).ToList();
        if (name.Count == parts.Length)
            return new PairTemplate(Literal(""), Template.FromParts(parts), ListStyle.Repeated, encode);

        var split = parts[name.Count];
        var length = split.Text.IndexOf('=', StringComparison.Ordinal) + 1;
        var value = parts.Skip(name.Count + 1);
        name.Add(split with { Text = split.Text[..length] });
        if (length < split.Text.Length)
            value = value.Prepend(split with { Text = split.Text[length..] });
        return new PairTemplate(
            Template.FromParts([.. name]), Template.FromParts([.. value]), ListStyle.Repeated, encode);
    }

    private static Template Literal(string text) =>
        Template.FromParts(text.Length == 0 ? [] : [new TemplatePart(text, IsPlaceholder: false)]);
}
