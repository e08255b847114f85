using System.Text.RegularExpressions;
using Actions.Engine.Limits;
using Actions.Engine.Syntax;
using Actions.Engine.Templates;

namespace Actions.Engine.Compilation;

/// <summary>Compiles the texts of an action that may have placeholders.</summary>
/// <param name="isDeclared">Whether a variable of that name is declared, or is a result field.</param>
/// <param name="isSaved">
/// The action is being saved: what isn't quite a placeholder is refused. A stored action keeps what it was saved with.
/// </param>
internal sealed partial class TemplateCompiler(Func<string, bool> isDeclared, bool isSaved, Violations violations)
{
    // A text with more is in another language altogether, and its author needn't read of each.
    private const int MaxFound = 3;

    /// <param name="field">The field with the text.</param>
    public Template Compile(string text, string field, TemplateKind kind) => Read(text, field, kind).Template;

    /// <returns>Null: there is a violation.</returns>
    public UrlTemplate? CompileUrl(string text, string field)
    {
        // A misspelt placeholder would be reported for the characters that a URL can't have.
        if (isSaved && Report(TemplateSource.Read(text, TemplateKind.Url, isDeclared), field))
            return null;
        try
        {
            return UrlTemplate.Parse(text);
        }
        catch (SyntaxException e)
        {
            violations.Add(field, $"{e.Message}.");
            return null;
        }
    }

    /// <summary>A body is sent in UTF-8, whatever its content type says.</summary>
    public void CheckCharset(string? charset, string field)
    {
        if (isSaved && charset is { Length: > 0 } && !IsUtf8(charset.Trim('"')))
            violations.Add(
                field,
                $"says charset={charset}, but the body is sent in UTF-8; write charset=utf-8, or leave it away.");
    }

    /// <summary>Without a charset, XML is read in the encoding that it declares (RFC 7303 section 3.2).</summary>
    public void CheckDeclaration(string xml, string field)
    {
        if (!isSaved || XmlEncoding().Match(xml) is not { Success: true } match || IsUtf8(match.Groups[1].Value))
            return;
        var encoding = match.Groups[1].Value;
        violations.Add(
            field, $"says encoding \"{encoding}\", but the body is sent in UTF-8; write encoding=\"UTF-8\".");
    }

    private static bool IsUtf8(string charset) =>
        charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)
        || charset.Equals("utf8", StringComparison.OrdinalIgnoreCase);

    private TemplateSource Read(string text, string field, TemplateKind kind)
    {
        var source = TemplateSource.Read(text, kind, isDeclared);
        if (isSaved)
            Report(source, field);
        return source;
    }

    private bool Report(TemplateSource source, string field)
    {
        var found = Lookalikes.Find(source).Take(MaxFound)
            .Select(lookalike => Remedies.Describe(source, lookalike)).ToList();
        foreach (var problem in found.Concat(source.UnsafePlaces.Take(MaxFound)))
            violations.Add(field, problem);
        return found.Count > 0;
    }

    [GeneratedRegex("""^\s*<\?xml\s[^?>]*?encoding\s*=\s*["']([^"']+)["']""", RegexOptions.CultureInvariant)]
    private static partial Regex XmlEncoding();
}
