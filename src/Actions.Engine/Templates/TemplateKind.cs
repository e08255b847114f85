using System.Net.Http.Headers;
using System.Text.RegularExpressions;

namespace Actions.Engine.Templates;

/// <summary>The place of a template, which decides how values are escaped and what else may stand there.</summary>
internal enum TemplateKind
{
    /// <summary>A text body of a type with no escaping here, such as text/plain.</summary>
    Plain,

    /// <summary>A URL's path and query. <see cref="UrlTemplate"/> escapes.</summary>
    Url,

    /// <summary>A header's value. Values with line breaks are refused.</summary>
    Header,

    /// <summary>A query parameter or a form field. The code that renders escapes.</summary>
    Parameter,

    /// <summary>A string of a JSON body. <see cref="JsonTemplate"/> escapes.</summary>
    JsonString,

    /// <summary>A message for the caller. With tags it is SSML, and values are escaped as in XML.</summary>
    Message,

    /// <summary>A text body in XML.</summary>
    Xml,

    /// <summary>A text body in HTML.</summary>
    Html,

    /// <summary>A text body in JSON, or in several JSON texts, or in a language with JSON's strings.</summary>
    Json,

    /// <summary>A text body in application/x-www-form-urlencoded.</summary>
    Form,
}

internal static partial class TemplateKinds
{
    // Without the word "json". GraphQL's strings are JSON's (GraphQL specification, section 2.9.4).
    private static readonly HashSet<string> Json = new(StringComparer.OrdinalIgnoreCase)
    {
        "application/csp-report", "application/graphql",
    };

    /// <summary>
    /// The kind of a text body. By its suffix (RFC 6838 section 4.2.8), and by the words of its name, as most types of
    /// JSON in lines, and many old ones, are not registered.
    /// </summary>
    public static TemplateKind Of(string contentType)
    {
        var type = MediaTypeHeaderValue.TryParse(contentType, out var parsed) ? parsed.MediaType ?? "" : "";
        if (type.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            return TemplateKind.Form;
        if (type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase))
            return TemplateKind.Xml;
        if (Json.Contains(type) || JsonWord().IsMatch(type))
            return TemplateKind.Json;
        if (XmlWord().IsMatch(type))
            return TemplateKind.Xml;
        return HtmlWord().IsMatch(type) ? TemplateKind.Html : TemplateKind.Plain;
    }

    [GeneratedRegex(
        @"(?<![a-z0-9])(?:nd|ld)?json(?:l|lines|5)?(?![a-z0-9])",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex JsonWord();

    [GeneratedRegex(@"(?<![a-z0-9])(?:xml|xhtml)(?![a-z0-9])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex XmlWord();

    [GeneratedRegex(@"(?<![a-z0-9])html(?![a-z0-9])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex HtmlWord();
}
