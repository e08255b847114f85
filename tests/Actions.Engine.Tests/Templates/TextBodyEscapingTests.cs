using System.Net;
using System.Text;
using System.Text.Json;
using System.Xml;
using System.Xml.Linq;
using Actions.Engine.Limits;
using Actions.V1;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Templates;

/// <summary>Text bodies escape by their content type, so that a parser reads exactly the value.</summary>
public sealed class TextBodyEscapingTests : IDisposable
{
    private const int Runs = 500;

    private readonly EngineUnderTest _engine = new();

    private static Arbitrary<string> Values { get; } = Arb.From(Gen.OneOf(
        Gen.Elements(
            "a", "<", ">", "&", "\"", "'", "]", "]]>", "--", "\\", "\\\"", "\r", "\n", "\t", "/", "</v>", "<v>", "&amp;",
            "{v}", "<!--", "%", "+", "=",
            "é", "😀", "\u2028", "\u0085", "\ufeff", "x</s:name><s:admin>true")
            .ArrayOf().Select(string.Concat),
        ArbMap.Default.GeneratorFor<string>().Where(text => text is not null).Select(Sound)));

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("application/xml")]
    [InlineData("application/soap+xml; charset=utf-8; action=\"x\"")]
    [InlineData("TEXT/XML")]
    [InlineData("image/svg+XML")]
    [InlineData("application/xhtml+xml")]
    public void Xml_ReadBackByAParser(string type) => Check.One(Seeded.Runs(Runs), Prop.ForAll(Values, value =>
    {
        const string text =
            "<v a=\"{v}\" b='<v>'><t>{v}</t><c><![CDATA[{v}]]></c><d>x<![CDATA[]]{v}>y]]></d><v>{v}</v></v>";
        var xml = Parsed(Send(type, text, value));
        xml.Attribute("a")!.Value.ShouldBe(value);
        xml.Attribute("b")!.Value.ShouldBe(value);
        xml.Elements().Select(element => element.Value).ShouldBe([value, value, $"x]]{value}>y", value]);
        xml.Elements().ShouldAllBe(element => !element.HasElements);
    }));

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/problem+json")]
    [InlineData("Application/JSON; charset=UTF-8")]
    [InlineData("text/json")]
    [InlineData("application/x-amz-json-1.1")]
    public void Json_ReadBackByAParser(string type) => Check.One(Seeded.Runs(Runs), Prop.ForAll(Values, value =>
    {
        const string text = """{"a_": "{v}", "b_": "is \"<v>\"!", "c_": {v}, "d_": [{{v}},1], "{v}": true}""";
        using var json = JsonDocument.Parse(Send(type, text, value));
        json.RootElement.GetProperty("a_").GetString().ShouldBe(value);
        json.RootElement.GetProperty("b_").GetString().ShouldBe($"is \"{value}\"!");
        json.RootElement.GetProperty("c_").GetString().ShouldBe(value);
        json.RootElement.GetProperty("d_")[0].GetString().ShouldBe(value);
        json.RootElement.EnumerateObject().Last().Name.ShouldBe(value);
    }));

    [Theory]
    [InlineData("application/x-ndjson")]
    [InlineData("application/jsonl")]
    [InlineData("application/jsonlines")]
    [InlineData("application/json-seq")]
    public void JsonLines_StayOneLineEach(string type) => Check.One(Seeded.Runs(Runs), Prop.ForAll(Values, value =>
    {
        var lines = Send(type, "{\"index\":{\"_id\":{v}}}\n{\"v\":\"{v}\"}\n", value).Split('\n');
        lines.Length.ShouldBe(3);
        using var first = JsonDocument.Parse(lines[0]);
        first.RootElement.GetProperty("index").GetProperty("_id").GetString().ShouldBe(value);
        using var second = JsonDocument.Parse(lines[1]);
        second.RootElement.GetProperty("v").GetString().ShouldBe(value);
    }));

    [Fact]
    public void Form_ReadBackByAParser() => Check.One(Seeded.Runs(Runs), Prop.ForAll(Values, value =>
        Send("application/x-www-form-urlencoded", "a={v}&b=x<v>y&c", value).Split('&')
            .Select(pair => Uri.UnescapeDataString(pair.Replace('+', ' ')))
            .ShouldBe([$"a={value}", $"b=x{value}y", "c"])));

    [Fact]
    public void Html_StaysTextAndAttribute() => Check.One(Seeded.Runs(Runs), Prop.ForAll(Values, value =>
    {
        var body = Send("text/html; charset=utf-8", "<p title=\"{v}\">{v}<br>{v}</p>", value);
        var parts = body.Split("<p title=\"")[1].Split("\">");
        WebUtility.HtmlDecode(parts[0]).ShouldBe(value);
        parts[1].Split("<br>").Select(part => WebUtility.HtmlDecode(part.Replace("</p>", ""))).ShouldBe([value, value]);
        body.Count(c => c is '<' or '>').ShouldBe(6);
    }));

    [Fact]
    public void PlainText_AsItIs() => Check.One(Seeded.Runs(Runs), Prop.ForAll(Values, value =>
    {
        foreach (var type in (string[])["text/plain", "text/csv", "application/octet-stream"])
            Send(type, "{v}|<v>", value).ShouldBe($"{value}|{value}");
    }));

    [Fact]
    public void MessageWithTags_ReadBackByAParser() => Check.One(Seeded.Runs(Runs), Prop.ForAll(Values, value =>
    {
        var xml = Parsed(Say("<speak>Hello <v>.<break time=\"{v}\"/></speak>", value));
        xml.Value.ShouldBe($"Hello {value}.");
        xml.Elements().ShouldHaveSingleItem();
        Say("Hello <v>.", value).ShouldBe($"Hello {value}.");
    }));

    [Theory]
    [InlineData(
        "{\"n\": {n}, \"t\": \"{n}\", \"b\": {b}, \"l\": {l}, \"o\": {o}, \"z\": {z}}",
        """{"n": 3, "t": "3", "b": true, "l": [1,"x"], "o": {"a":"\""}, "z": null}""")]
    [InlineData("query { a(n: {n}, s: {s}) { id } }", "query { a(n: 3, s: \"x\\\"\\ny\") { id } }")]
    public async Task JsonValue_OutsideOfQuotes(string text, string sent)
    {
        var config = Body("application/json", text);
        const string json = """{"n": 3, "b": true, "l": [1, "x"], "o": {"a": "\""}, "z": null, "s": "x\"\ny"}""";
        var values = Struct.Parser.ParseJson(json).Fields;
        (await TemplatePlace.Of("text/plain").RenderAsync(_engine, config, values.ToDictionary())).ShouldBe(sent);
    }

    [Theory]
    [InlineData("application/xml", "a\u0001b", "U+0001")]
    [InlineData("application/xml", "\0", "U+0000")]
    [InlineData("application/soap+xml", "\uffff", "U+FFFF")]
    [InlineData("text/html", "\u001b[0m", "U+001B")]
    public void CharacterThatMarkupCantHave_RefusedNamingTheVariable(string type, string value, string because)
    {
        var violation = Should.Throw<InvalidFieldsException>(() => Send(type, "<a>{v}</a>", value))
            .Violations.ShouldHaveSingleItem();
        violation.Field.ShouldBe("variables.v");
        violation.Description.ShouldContain(because);
    }

    [Fact]
    public void CharacterThatMarkupCantHave_IsASpaceInAMessage() =>
        Say("<s>{v}</s>", "a\u0001\0b").ShouldBe("<s>a  b</s>");

    [Theory]
    [InlineData("text/html", "<script>var a = '{v}';</script>", "a <script> element")]
    [InlineData("text/html", "<style>a { color: {v} }</style>", "a <style> element")]
    [InlineData("text/html", "<SCRIPT>\n{v}</SCRIPT >", "a <SCRIPT> element")]
    [InlineData("text/html", "<a href={v}>x</a>", "outside of quotes")]
    [InlineData("text/html", "<a {v}>x</a>", "outside of quotes")]
    [InlineData("text/html", "<h{v}>x", "outside of quotes")]
    [InlineData("text/html", "<a onclick=\"f('{v}')\">x</a>", "'onclick'")]
    [InlineData("text/html", "<a style='color: {v}'>x</a>", "'style'")]
    [InlineData("text/html", "<!-- {v} -->", "a comment")]
    [InlineData("text/xml", "<!-- {v} -->", "a comment")]
    [InlineData("text/xml", "<?pi {v}?><a/>", "a processing instruction")]
    [InlineData("text/xml", "<!DOCTYPE {v}><a/>", "a declaration")]
    [InlineData("text/xml", "<{v}>x</{v}>", "outside of quotes")]
    [InlineData("text/xml", "<a b={v}/>", "outside of quotes")]
    [InlineData("message", "<speak><break time={v}/></speak>", "outside of quotes")]
    [InlineData("application/json", "{\"a\": \"{v}}", "quote")]
    [InlineData("application/json", "{\"a\": \"x\n{v}\"}", "quote")]
    [InlineData("application/json", "{\"a\": \"C:\\\\{v}\"}", "backslash")]
    public void PlaceWithoutEscaping_RefusedAtSave(string name, string text, string because)
    {
        var config = TemplatePlace.Of(name).With(text);
        Should.Throw<InvalidFieldsException>(() => _engine.Compile(config)).Violations.ShouldContain(
            violation => violation.Description.Contains(because, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(
        "text/html", "<script>var a = {b: {c: 1}};</script><a href=\"{v}\">{v}</a>",
        "<script>var a = {b: {c: 1}};</script><a href=\"x\">x</a>")]
    [InlineData("text/html", "<script src=\"{v}\"></script>{v}", "<script src=\"x\"></script>x")]
    [InlineData("text/html", "a < b & {v}", "a < b & x")]
    [InlineData("text/xml", "<a b = '{v}' c=\"x>{v}\"/>", "<a b = 'x' c=\"x>x\"/>")]
    [InlineData("text/xml", "<!-- x -->{v}<?pi x?>{v}", "<!-- x -->x<?pi x?>x")]
    [InlineData("application/json", "{\"a\": \"C:\\\\\\\\{v}\"}", "{\"a\": \"C:\\\\x\"}")]
    public async Task PlaceWithEscaping_Accepted(string name, string text, string sent)
    {
        var place = TemplatePlace.Of(name);
        (await place.RenderAsync(_engine, place.With(text), Configs.Values(("v", "x")))).ShouldBe(sent);
    }

    [Theory]
    [InlineData("text/xml; charset=iso-8859-1", "<a/>", "content_type", "utf-8")]
    [InlineData("text/plain; charset=\"windows-1252\"", "x", "content_type", "utf-8")]
    [InlineData("application/xml", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>", "text", "UTF-8")]
    [InlineData("application/xml", "<?xml version='1.0' encoding='utf-16' standalone='yes'?><a/>", "text", "UTF-8")]
    public void AnotherEncodingThanUtf8_RefusedAtSave(string type, string text, string field, string because)
    {
        var violation = Should.Throw<InvalidFieldsException>(() => _engine.Compile(Body(type, text)))
            .Violations.ShouldHaveSingleItem();
        violation.Field.ShouldBe($"action_config.request.text_body.{field}");
        violation.Description.ShouldContain(because);
    }

    [Theory]
    [InlineData("application/json; charset=iso-8859-1", false)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("application/{type}+json", true)]
    public void CharsetOfAJsonBodysHeader_AlsoUtf8(string type, bool accepted)
    {
        var config = Configs.With(HttpMethod.Post, "https://api.example.com/");
        config.Request.JsonBody = "{}";
        config.Request.Headers.Add(new Header { Name = "Content-Type", Value = type });
        if (accepted)
            Should.NotThrow(() => _engine.Compile(config));
        else
            Should.Throw<InvalidFieldsException>(() => _engine.Compile(config)).Violations.ShouldHaveSingleItem()
                .Field.ShouldBe("action_config.request.headers[0].value");
    }

    [Theory]
    [InlineData("text/xml;charset=UTF-8")]
    [InlineData("text/xml; charset=\"utf-8\"")]
    [InlineData("text/xml")]
    public void Utf8_Accepted(string type) =>
        Should.NotThrow(() => _engine.Compile(Body(type, "<?xml version=\"1.0\" encoding=\"utf-8\"?><a/>")));

    private static ActionConfig Body(string type, string text)
    {
        var config = Configs.With(HttpMethod.Post, "https://api.example.com/");
        config.Request.TextBody = new TextBody { Text = text, ContentType = type };
        return config;
    }

    private string Say(string text, string value)
    {
        var place = TemplatePlace.Of("message");
        return place.RenderAsync(_engine, place.With(text), Configs.Values(("v", value))).GetAwaiter().GetResult();
    }

    private string Send(string type, string text, string value) => TemplatePlace.Of("text/plain")
        .RenderAsync(_engine, Body(type, text), Configs.Values(("v", value))).GetAwaiter().GetResult();

    private static XElement Parsed(string xml)
    {
        using var reader = XmlReader.Create(new StringReader(xml));
        return XElement.Load(reader, LoadOptions.PreserveWhitespace);
    }

    /// <summary>Without what no XML can have, nor any protobuf string.</summary>
    private static string Sound(string text)
    {
        var sound = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is >= 0x20 and not 0xFFFE and not 0xFFFF)
                sound.Append(rune.ToString());
        }

        return sound.ToString();
    }
}
