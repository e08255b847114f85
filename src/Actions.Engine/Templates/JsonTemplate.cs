using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Actions.Engine.Syntax;
using Actions.Engine.Variables;

namespace Actions.Engine.Templates;

/// <summary>
/// A JSON document whose string values are templates. Property names and all other values are literal. A string that is
/// exactly one placeholder becomes the variable's own JSON value, type included; in any other string, placeholders
/// become text. The output is always written by a JSON writer.
/// </summary>
internal sealed class JsonTemplate
{
    // Relaxed: the body is sent as application/json, never inside HTML, and stays readable in the API's own logs.
    private static readonly JsonWriterOptions WriterOptions =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly JsonDocument _document;
    private readonly Dictionary<string, Template> _templates;

    private JsonTemplate(JsonDocument document, Dictionary<string, Template> templates)
    {
        _document = document;
        _templates = templates;
    }

    public IEnumerable<string> Names => _templates.Values.SelectMany(template => template.Names);

    /// <exception cref="JsonException">The text isn't JSON, or is nested deeper than
    /// <paramref name="maxDepth"/>.</exception>
    /// <exception cref="SyntaxException">A property's name contains a placeholder, or a string contains half a
    /// surrogate pair.</exception>
    /// <param name="read">Reads the template in a string, or in a property's name.</param>
    public static JsonTemplate Parse(string json, int maxDepth, Func<string, Template> read)
    {
        var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = maxDepth });
        var templates = new Dictionary<string, Template>(StringComparer.Ordinal);
        Collect(document.RootElement, templates, read);
        return new JsonTemplate(document, templates);
    }

    /// <summary>The document in UTF-8, without the members and elements whose variable has no value.</summary>
    /// <param name="limit">In bytes. Rendering stops soon after; the code that renders rejects a longer
    /// document.</param>
    /// <returns>Null: the whole document is a variable without a value.</returns>
    public ReadOnlyMemory<byte>? Render(VariableValues variables, int limit)
    {
        if (IsLeftOut(_document.RootElement, variables))
            return null;
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            Write(writer, _document.RootElement, variables, limit);
        return buffer.WrittenMemory;
    }

    private static void Collect(
        JsonElement element, Dictionary<string, Template> templates, Func<string, Template> read)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject())
                {
                    var name = property.NameText();
                    if (!templates.TryGetValue(name, out var inName))
                        templates.Add(name, inName = read(name));
                    if (inName.HasPlaceholders)
                        throw new SyntaxException($"has a placeholder in the property name '{name}'; only values may hold one");
                    Collect(property.Value, templates, read);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in element.EnumerateArray())
                    Collect(item, templates, read);
                break;
            case JsonValueKind.String:
                var text = element.Text();
                if (!templates.ContainsKey(text))
                    templates.Add(text, read(text));
                break;
            default:
                break;
        }
    }

    private bool IsLeftOut(JsonElement element, VariableValues variables) =>
        element.ValueKind == JsonValueKind.String
        && _templates[element.GetString()!].OnlyPlaceholder is { } name && !variables.Has(name);

    private void Write(Utf8JsonWriter writer, JsonElement element, VariableValues variables, int limit)
    {
        if (writer.BytesCommitted + writer.BytesPending > limit)
            return;
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var property in element.EnumerateObject())
                {
                    if (IsLeftOut(property.Value, variables))
                        continue;
                    writer.WritePropertyName(_templates[property.Name].Render(variables, limit));
                    Write(writer, property.Value, variables, limit);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray().Where(item => !IsLeftOut(item, variables)))
                    Write(writer, item, variables, limit);
                writer.WriteEndArray();
                break;
            case JsonValueKind.String:
                var template = _templates[element.GetString()!];
                if (template.OnlyPlaceholder is { } name)
                    variables.WriteJson(writer, name);
                else
                    writer.WriteStringValue(template.Render(variables, limit));
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
