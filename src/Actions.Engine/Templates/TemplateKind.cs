using System.Net.Http.Headers;

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

internal static class TemplateKinds
{
    private static readonly HashSet<string> Json = new(StringComparer.OrdinalIgnoreCase)
    {
        "application/json", "text/json", "text/x-json", "application/x-json",
        "application/ndjson", "application/x-ndjson", "application/jsonl", "application/x-jsonl",
        "application/jsonlines", "application/x-jsonlines", "application/json-lines", "application/json-seq",
        "application/csp-report", "application/x-amz-json-1.0", "application/x-amz-json-1.1",
        // GraphQL's strings are JSON's (GraphQL specification, section 2.9.4).
        "application/graphql",
    };

    private static readonly HashSet<string> Xml = new(StringComparer.OrdinalIgnoreCase)
    {
        "application/xml", "text/xml", "application/xml-external-parsed-entity", "text/xml-external-parsed-entity",
    };

    /// <summary>The kind of a text body. Suffixes: RFC 6838 section 4.2.8.</summary>
    public static TemplateKind Of(string contentType)
    {
        var type = MediaTypeHeaderValue.TryParse(contentType, out var parsed) ? parsed.MediaType ?? "" : "";
        if (Xml.Contains(type) || type.EndsWith("+xml", StringComparison.OrdinalIgnoreCase))
            return TemplateKind.Xml;
        if (type.Equals("text/html", StringComparison.OrdinalIgnoreCase))
            return TemplateKind.Html;
        if (Json.Contains(type) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase)
            || type.EndsWith("+json-seq", StringComparison.OrdinalIgnoreCase))
            return TemplateKind.Json;
        return type.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            ? TemplateKind.Form
            : TemplateKind.Plain;
    }
}
