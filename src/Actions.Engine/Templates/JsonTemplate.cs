using System.Collections.Immutable;
using System.Text;
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
    private readonly JsonPart _document;

    private JsonTemplate(JsonPart document, ImmutableArray<string> names)
    {
        _document = document;
        Names = names;
    }

    public ImmutableArray<string> Names { get; }

    /// <exception cref="JsonException">The text isn't JSON, or is nested deeper than
    /// <paramref name="maxDepth"/>.</exception>
    /// <exception cref="SyntaxException">A property's name contains a placeholder, or a string contains half a
    /// surrogate pair.</exception>
    /// <param name="read">Reads the template in a string, or in a property's name.</param>
    public static JsonTemplate Parse(string json, int maxDepth, Func<string, Template> read)
    {
        using var parsed = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = maxDepth });
        var reader = new Reader(read);
        return new JsonTemplate(Fixed(reader.Read(parsed.RootElement)), reader.Names);
    }

    /// <summary>The document in UTF-8, without the members and elements whose variable has no value.</summary>
    /// <param name="limit">In bytes. Rendering stops soon after; the code that renders rejects a longer
    /// document.</param>
    /// <returns>Null: the whole document is a variable without a value.</returns>
    public ReadOnlyMemory<byte>? Render(VariableValues variables, int limit)
    {
        if (_document.IsLeftOut(variables))
            return null;
        return _document is JsonPart.Literal literal ? literal.Json : Write(_document, variables, limit);
    }

    private static byte[] Write(JsonPart part, VariableValues variables, int limit) => JsonOutput.Write(
        (Part: part, Variables: variables, Limit: limit),
        static (writer, document) => document.Part.Write(writer, document.Variables, document.Limit));

    /// <summary>A part without placeholders is written once, together with all that is in it.</summary>
    private static JsonPart Fixed(JsonPart part) =>
        part.IsFixed && part is not JsonPart.Literal
            ? new JsonPart.Literal(Write(part, VariableValues.None, int.MaxValue))
            : part;

    /// <summary>Reads the parts. Equal texts are one template, and equal names one text.</summary>
    private sealed class Reader(Func<string, Template> read)
    {
        private readonly Dictionary<string, Template> _templates = new(StringComparer.Ordinal);
        private readonly Dictionary<string, JsonEncodedText> _names = new(StringComparer.Ordinal);

        public ImmutableArray<string> Names => [.. _templates.Values.SelectMany(template => template.Names)];

        public JsonPart Read(JsonElement element) => element.ValueKind switch
        {
            JsonValueKind.Object => ReadObject(element),
            JsonValueKind.Array => ReadArray(element),
            JsonValueKind.String => new JsonPart.Text(ReadText(element.Text())),
            _ => new JsonPart.Literal(Encoding.UTF8.GetBytes(element.GetRawText())),
        };

        private JsonPart.Object ReadObject(JsonElement element)
        {
            var members = ImmutableArray.CreateBuilder<(JsonEncodedText Name, JsonPart Value)>(element.GetPropertyCount());
            foreach (var property in element.EnumerateObject())
                members.Add((ReadName(property.NameText()), Read(property.Value)));
            var isFixed = members.All(member => member.Value.IsFixed);
            for (var i = 0; i < members.Count && !isFixed; i++)
                members[i] = members[i] with { Value = Fixed(members[i].Value) };
            return new JsonPart.Object(members.DrainToImmutable());
        }

        private JsonPart.Array ReadArray(JsonElement element)
        {
            var items = ImmutableArray.CreateBuilder<JsonPart>(element.GetArrayLength());
            foreach (var item in element.EnumerateArray())
                items.Add(Read(item));
            var isFixed = items.All(item => item.IsFixed);
            for (var i = 0; i < items.Count && !isFixed; i++)
                items[i] = Fixed(items[i]);
            return new JsonPart.Array(items.DrainToImmutable());
        }

        private JsonEncodedText ReadName(string text)
        {
            if (_names.TryGetValue(text, out var name))
                return name;
            var template = ReadText(text);
            if (template.HasPlaceholders)
                throw new SyntaxException($"has a placeholder in the property name '{text}'; only values may hold one");
            name = JsonEncodedText.Encode(template.Render(VariableValues.None, int.MaxValue), JsonOutput.Options.Encoder);
            _names.Add(text, name);
            return name;
        }

        private Template ReadText(string text)
        {
            if (!_templates.TryGetValue(text, out var template))
                _templates.Add(text, template = read(text));
            return template;
        }
    }
}
