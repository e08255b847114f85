using System.Text.Encodings.Web;
using System.Text.RegularExpressions;

namespace Actions.Engine.Templates;

/// <summary>Says of a text that looks like a placeholder how to write what was meant, at its place.</summary>
internal static partial class Remedies
{
    // The rest of a longer text tells nothing more.
    private const int MaxQuote = 80;

    /// <returns>Completes "The field …".</returns>
    public static string Describe(TemplateSource source, Lookalike found)
    {
        var length = found.End - found.Start;
        var text = source.Text.Substring(found.Start, Math.Min(length, MaxQuote));
        var rest = length > MaxQuote ? "…" : "";
        var literal = $"{Literal(text, source.Kind)}{rest}";
        if (found.IsAmbiguous)
            return $"has '{text}', which may be a tag or the variable '{found.Name}': "
                + $"write {{{found.Name}}} for the variable's value, or {literal} for the tag.";
        var problem = $"has '{text}{rest}', which isn't a placeholder here: ";
        if (source.Kind == TemplateKind.Url && Expand(text) is { } expanded)
            return $"{problem}write {expanded} for the values of variables, or {literal} for the text itself.";
        if (found.Name is not { } name)
            return $"{problem}only the values of variables are inserted, as {{{{name}}}}. "
                + $"Write {literal} for the text itself.";
        var mark = source.Kind == TemplateKind.Url ? Uri.EscapeDataString(text[..1]) : text[..1];
        var sign = text[0] is '$' or '%' or '#' ? $"{mark}{{{{{name}}}}} for one after the sign, " : "";
        return $"{problem}write {{{{{name}}}}} for a variable's value, {sign}or {literal} for the text itself.";
    }

    /// <summary>An expression of a URI template (RFC 6570) as placeholders; null if it is none.</summary>
    private static string? Expand(string text)
    {
        if (Expression().Match(text) is not { Success: true } match)
            return null;
        var sign = match.Groups[1].Value;
        var names = match.Groups["name"].Captures.Select(name => name.Value);
        return sign switch
        {
            "?" or "&" => sign + string.Join('&', names.Select(name => $"{name}={{{{{name}}}}}")),
            ";" => string.Concat(names.Select(name => $";{name}={{{{{name}}}}}")),
            "/" or "." => string.Concat(names.Select(name => $"{sign}{{{{{name}}}}}")),
            _ => string.Join(',', names.Select(name => $"{{{{{name}}}}}")),
        };
    }

    [GeneratedRegex(
        @"^\{([?&;/.+])?(?<name>[A-Za-z_][A-Za-z0-9_]*)\*?(?:,(?<name>[A-Za-z_][A-Za-z0-9_]*)\*?)*\}$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Expression();

    private static string Literal(string text, TemplateKind kind) => kind switch
    {
        TemplateKind.Url => Uri.EscapeDataString(text),
        // The source of a JSON body has the template as a JSON string.
        TemplateKind.JsonString => JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(Template.Escape(text)),
        _ => Template.Escape(text),
    };
}
