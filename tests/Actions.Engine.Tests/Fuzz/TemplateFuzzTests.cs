using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Fuzz;

/// <summary>
/// A text in each place that takes a template: refused with a violation, or rendered into a request that has the
/// structure
/// that the template had.
/// </summary>
public sealed class TemplateFuzzTests : IDisposable
{
    private const string Host = "api.example.com";

    private static readonly string[] Texts =
    [
        "plain", "{a}", "<a>", "{{a}}", "Dear {a}, your <b> is {{c}}.", "\\{a\\}", "{ a }", "{a", "a}", "<b", "{{a}",
        "{a_1}{b}", "",
        """{"a": "{a}", "b": ["<b>", 1, null, {"c": "is {{c}}."}]}""", """["{a}"]""", "1", "\"{a}\"", "x=1&y={a}",
        "a/b/<c>/d?e={a}#f",
        "訂單 {a} 🙂", "%41{a}%", "..", "{a}/../{b}", "{{ a }} {{b.c}} {a[0]}", "<s><a>{a}</a><b>{{ b }}</b></s>",
        "<x a=\"{a}\" b='<b>'/>",
        "<x><![CDATA[{a}]]><!-- <a> --></x>", "<p>{a}<br><li>{b}</p>", "<speak>{a}<break time=\"1s\"/></speak>", "${a}",
        "{{#a}}{{/a}}",
        "{\"a\":{a}}\n{\"b\":\"{b}\"}\n", "query { a(b: {a}) { c } }", "\\\\{a}", "\"\\\\{a}\"",
    ];

    private static readonly string[] Words =
    [
        "{", "}", "<", ">", "{{", "}}", "{a}", "<b>", "{{c}}", "\\", "\"", "'", "/", "?", "#", "&", "=", "%", "%00",
        "%2e", ":", "@", "//", "\r\n",
        "\0", "\u2028", "\ufeff", "[", "]", ",", "null", "true", "-0", "1e999", "\\u0000", "\ud83d\ude42",
        "</", "/>", "<!--", "-->", "<![CDATA[", "]]>", "<a>", "</a>", " c=", "{{ ", " }}", "${", "%{", "{%", "%}", "<%",
        "{#", ".x", "[0]", "<br>", "<script>",
    ];

    private static readonly Dictionary<string, Value> Variables = Configs.Values(
        ("a", "v\"\\/?#&=%<>{}]]>'"), ("b", "訂🙂\r\n"), ("c", ""), ("a_1", "."));

    private static readonly Dictionary<string, Value> Harmless = Configs.Values(
        ("a", "v"), ("b", "v"), ("c", ""), ("a_1", "v"));

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public Task AnyText_IsAViolationOrKeepsItsStructure() => FuzzRun.PlayAsync("templates", new Mutator(Texts, Words, FuzzRun.Seed), async input =>
    {
        var source = Encoding.UTF8.GetString(input);
        var (places, accepted) = (0, 0);
        foreach (var config in Places(source))
        {
            places++;
            try
            {
                var sent = await DryRunAsync(config);
                Check(config, sent);
                if (config.Request.TextBody is { } text
                    && StructureOf(text.ContentType, (await DryRunAsync(config, Harmless)).Body) is { } structure)
                    StructureOf(text.ContentType, sent.Body).ShouldBe(structure);
                accepted++;
            }
            catch (InvalidFieldsException e)
            {
                e.Violations.ShouldNotBeEmpty();
                e.Violations.ShouldAllBe(violation => violation.Field.Length > 0 && violation.Description.EndsWith('.'));
            }
        }

        return accepted > places / 2;
    });

    private static IEnumerable<ActionConfig> Places(string text)
    {
        yield return Configs.Get($"https://{Host}/{text}");
        yield return Configs.Get($"https://{Host}/?q={text}");
        var header = Configs.Get($"https://{Host}/");
        header.Request.Headers.Add(new Header { Name = "X-Text", Value = text });
        header.Request.QueryParameters.Add(new QueryParameter { Name = "q", Value = text });
        header.Messages = new Messages { StartMessage = text, FailureMessage = text };
        yield return header;
        var json = Configs.With(HttpMethod.Post, $"https://{Host}/");
        json.Request.JsonBody = text;
        yield return json;
        string[] types =
            ["text/plain", "text/xml", "text/html", "application/x-ndjson", "application/x-www-form-urlencoded"];
        foreach (var type in types)
        {
            var body = Configs.With(HttpMethod.Post, $"https://{Host}/");
            body.Request.TextBody = new TextBody { ContentType = type, Text = text };
            yield return body;
        }
    }

    /// <summary>What no value may change; null if the text isn't of its type to begin with.</summary>
    private static string? StructureOf(string contentType, string body)
    {
        try
        {
            switch (contentType)
            {
                case "text/xml":
                    return string.Join(' ', XElement.Parse(body).DescendantsAndSelf()
                        .SelectMany(element => element.Attributes().Select(pair => pair.Name).Prepend(element.Name)));
                case "application/x-ndjson":
                    return string.Join('\n', body.Split('\n').Where(line => line.Length > 0).Select(line =>
                    {
                        using var json = JsonDocument.Parse(line);
                        return json.RootElement.ValueKind == JsonValueKind.Object
                            ? json.RootElement.EnumerateObject().Count().ToString(CultureInfo.InvariantCulture)
                            : json.RootElement.ValueKind.ToString();
                    }));
                case "text/html":
                    return body.Count(c => c == '<').ToString(CultureInfo.InvariantCulture);
                case "application/x-www-form-urlencoded":
                    return string.Concat(body.Where(c => c is '&' or '='));
                default:
                    return null;
            }
        }
        catch (Exception e) when (e is JsonException or XmlException)
        {
            return null;
        }
    }

    private async Task<RenderedRequest> DryRunAsync(ActionConfig config, Dictionary<string, Value>? variables = null)
    {
        var plan = _engine.Compile(config);
        var input = new ExecutionInput("fuzz", variables ?? Variables, "", BodyView.Unspecified, DryRun: true);
        var events = await _engine.Engine.ExecuteAsync(plan, input, _engine.Token).ToListAsync(_engine.Token);
        return events[^1].Result.RenderedRequest;
    }

    private static void Check(ActionConfig config, RenderedRequest sent)
    {
        var url = new Uri(sent.Url);
        (url.Scheme, url.Host, url.UserInfo, url.Fragment).ShouldBe(("https", Host, "", ""));
        sent.Url.ShouldAllBe(c => c > ' ' && c <= '~');
        sent.Headers.ShouldAllBe(header => !header.Value.Any(c => c == '\r' || c == '\n' || c == '\0'));
        if (config.Request.BodyCase == HttpRequest.BodyOneofCase.JsonBody)
            JsonDocument.Parse(sent.Body).Dispose();
    }
}
