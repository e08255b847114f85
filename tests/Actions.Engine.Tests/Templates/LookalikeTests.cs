using System.Text.RegularExpressions;
using Actions.Engine.Limits;
using Actions.V1;

namespace Actions.Engine.Tests.Templates;

/// <summary>What isn't quite a placeholder: refused when it is saved, with a remedy that works at its place.</summary>
public sealed partial class LookalikeTests : IDisposable
{
    // In every place of every action.
    private static readonly string[] Foreign =
    [
        // Mustache, Handlebars, Liquid, Jinja, Twig, Angular, n8n, Postman.
        "{{order-id}}", "{{ order-id }}", "{{ name | upcase }}", "{{name|upcase}}", "{{#items}}", "{{/items}}",
        "{{^items}}", "{{> partial}}",
        "{{>partial}}", "{{! comment }}", "{{{name}}}", "{{{ name }}}", "{{&name}}", "{{ user.name() }}",
        "{{#if paid}}", "{{#each items}}",
        "{{@index}}", "{{../name}}", "{{this.name!}}", "{{$json.x}}", "{{ $json.body.x }}",
        "{{ $('Set').item.json.x }}", "{{$randomInt}}",
        "{{$guid}}", "{{customer name}}", "{{ Customer Name }}", "{{name?}}", "{{name ?? 'x'}}",
        "{{ name | default: \"x\" }}", "{{ 'x' | t }}",
        "{{items[i]}}", "{{items['a']}}", "{{a + b}}", "{{1}}", "{{}}", "{{ }}", "{{größe}}", "{{name:upper}}",
        "{{=name}}", "{{:name}}",
        "{{~name~}}", "{{?name}}", "{{order/id}}", "{{@root.name}}", "{{-name-}}", "{{.name}}", "{{ .Values.name }}",
        "{% if paid %}", "{%- endif -%}", "{% for item in items %}", "{# comment #}", "{% raw %}",
        // JavaScript, shells, Ruby, Elixir, Python.
        "${name}", "${user.name}", "${user_name || 'x'}", "${NAME:-x}", "${first-name}", "%{name}", "%{user_id}",
        "#{name}", "#{user.name}",
        "$${name}",
        // Spring, ASP.NET, OpenAPI, RFC 6570, Python's format.
        "{order-id}", "{first-name}", "{$name}", "{#name}", "{+name}", "{?name}", "{&name}", "{/name}", "{name*}",
        "{name?}", "{name!r}",
        "{name|upcase}", "{*name}", "{0}", "{items[x]}", "{@name}", "{$request.body}",
        // ERB, JSP, EJS, PHP, Watson.
        "<%= name %>", "<% name %>", "<?= $name ?>", "<? $name ?>", "<order-id>", "<first-name>", "<<name>>",
        "<order id>", "<Customer Name>",
        // Halves.
        "{{name}", "{name}}", "{{name", "{name", "{{name }", "x {{name",
    ];

    // Where braces are no honest text.
    private static readonly string[] ForeignInSpeech =
    [
        "{ name }", "{customer name}", "{name:upper}", "{name()}", "{}", "< name >", "< order id >", "{name, number}",
        "{1}", "<name",
        "Dear {user name}, hello.", "Hello {{ first name }}!",
    ];

    private static readonly string[] ForeignInPath =
        [":order_id", "orders/:id", "orders/:id/items", "{id:int}", "{customer name}", "{user{name}}", "{a,b}"];

    private static readonly string[] HonestInPath =
        ["?filter={\"a\":{\"b\":1}}", "v1/things:cancel", "a:b", "?q=[a]|{", "?range={1+TO+5}", "@me", "$5", "100%"];

    private static readonly string[] HonestInSpeech =
        ["$5 and 100%", "1 < 2", "{\"a\": 1}", "Order #5", "I <3 you", "a & b", "[laughs] (softly)"];

    private static readonly string[] Honest =
    [
        """{"a": {"b": {"c": 1}}}""", """{"a":{"b":{"c":{}}}}""", "{ \"a\": 1 }", "{}", "[{}]", "{ }",
        "query($id: ID!) { user(id: $id) { name } }",
        "{ viewer { login } }", "{ __typename }", "mutation { a(input: { b: 1 }) { id } }", "a{color:red}",
        "@media print{a{color:red}}",
        "^[0-9]{5}$", @"\d{3}-\d{4}", "a{2,3}", "[a-z]{1,}", "$5", "100%", "$5 is 50%", "#1", "a < b", "a < b > c",
        "1 < 2 > 1", "<3",
        "{6F9619FF-8B86-D011-B42D-00C04FC964FF}", "function f(){return {a:1}}", "if(a<b && c>d){x()}", "\\section{1}",
        "{1: 2}", "{\"$ref\":\"#/a\"}",
        "<@U123>", "<!here>", "<#C123>", "<https://example.com|link>", "a@b.example", "<ann@example.com>",
        "$.store.book[0]", "a -> b => c",
        "{'a': 1}", "{[1]}", "50 %", "x}", "}{", "{", "}}", "{{", "C:\\dir", "...", "`x`", "%s %d", "[name]", "(name)",
    ];

    private readonly EngineUnderTest _engine = new();

    public static TheoryData<string, string> Refused
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var place in TemplatePlace.All)
            {
                foreach (var text in Foreign.Where(text => IsForeign(place.Name, text)))
                    data.Add(place.Name, text);
            }

            foreach (var text in ForeignInSpeech)
                data.Add("message", text);
            foreach (var text in ForeignInPath)
                data.Add("path", text);
            return data;
        }
    }

    public static TheoryData<string, string> Accepted
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var place in (string[])["parameter", "form", "json", "text/plain", "application/json"])
            {
                foreach (var text in Honest)
                    data.Add(place, text);
            }

            foreach (var text in HonestInPath)
                data.Add("path", text);
            foreach (var text in HonestInSpeech)
                data.Add("message", text);
            return data;
        }
    }

    public void Dispose() => _engine.Dispose();

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Lookalike_RefusedAndItsRemedyWorks(string name, string text)
    {
        var place = TemplatePlace.Of(name);
        var source = place.Source(text);
        for (var i = 0; i < 5; i++)
        {
            var description = Refusal(place.With(source));
            if (description is null)
                break;
            var remedy = Remedy().Match(description);
            remedy.Success.ShouldBeTrue(description);
            var quoted = place.Name == "json" ? place.Source(remedy.Groups[1].Value)[1..^1] : remedy.Groups[1].Value;
            source.ShouldContain(quoted, Case.Sensitive, description);
            var at = source.IndexOf(quoted, StringComparison.Ordinal);
            source = string.Concat(source.AsSpan(0, at), remedy.Groups[2].Value, source.AsSpan(at + quoted.Length));
            i.ShouldBeLessThan(4, $"{description} -> {source}");
        }

        source.ShouldNotBe(place.Source(text), "it was saved");
        var sent = await place.RenderAsync(_engine, place.With(source), Configs.Values());
        sent.ShouldBe(text);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void LookalikeThatIsStored_StillCompiles(string name, string text)
    {
        var place = TemplatePlace.Of(name);
        // A URL with white space was never accepted.
        if (place.Name is "path" or "url query" && text.Any(c => char.IsWhiteSpace(c) || c is '#' or '\\'))
            return;
        new ActionCompiler(new EngineOptions(), Outbound.Guard.Guards.Local)
            .CompileStored(place.With(place.Source(text)), "action_config").ShouldNotBeNull();
    }

    [Theory]
    [MemberData(nameof(Accepted))]
    public async Task HonestText_IsSentAsItIs(string name, string text)
    {
        var place = TemplatePlace.Of(name);
        (await place.RenderAsync(_engine, place.With(place.Source(text)), Configs.Values())).ShouldBe(text);
    }

    [Theory]
    [InlineData("{{order-id}}", "{{order_id}}")]
    [InlineData("{{ name | upcase }}", "{{name}}")]
    [InlineData("${name}", "{{name}}")]
    [InlineData("%{name}", "{{name}}")]
    [InlineData("{{$json.x}}", "{{json.x}}")]
    [InlineData("<Customer Name>", "{{Customer_Name}}")]
    [InlineData("{{#items}}", "as {{name}}")]
    public void Refusal_SaysHowToWriteIt(string text, string instead)
    {
        foreach (var place in TemplatePlace.All.Where(place => IsForeign(place.Name, text)))
            Refusal(place.With(place.Source(text))).ShouldNotBeNull(place.Name).ShouldContain(instead);
    }

    [Theory]
    [InlineData("message", "It costs ${{price}}.", "It costs $5.")]
    [InlineData("path", "a%{{price}}", "a%5")]
    [InlineData("json", "\"#{{price}}\"", "#5")]
    public async Task SignBeforeAValue_ByDoubleBraces(string name, string source, string sent)
    {
        var place = TemplatePlace.Of(name);
        (await place.RenderAsync(_engine, place.With(source), Configs.Values(("price", "5")))).ShouldBe(sent);
    }

    [Fact]
    public void UrlWithALookalike_IsToldOfThatAlone() =>
        Refusal(TemplatePlace.Of("path").With("orders/{{ name | upcase }}?a=#{x}"))
            .ShouldBe("has '{{ name | upcase }}', which isn't a placeholder here: "
                + "write {{name}} for a variable's value, "
                + "or %7B%7B%20name%20%7C%20upcase%20%7D%7D for the text itself.");

    [Fact]
    public void PropertyNameOfAJsonBody_RefusedLikeAValue()
    {
        var place = TemplatePlace.Of("json");
        Refusal(place.With("""{"{{order-id}}": 1}""")).ShouldNotBeNull().ShouldContain(@"\\{{order-id}}");
        Refusal(place.With("""{"\\{{order-id}}": 1}""")).ShouldBeNull();
    }

    /// <summary>Texts in angle brackets are markup there, see TagRuleTests; a form has no quotes to be kept.</summary>
    private static bool IsForeign(string place, string text) => place switch
    {
        "text/html" => text is not ("<order id>" or "<Customer Name>" or "<? $name ?>" or "<?= $name ?>"),
        // Otherwise a fragment, or a space, is what is wrong.
        "path" or "url query" => !text.StartsWith('#') && text is not ("x {{name" or "{{name }"),
        "application/json" => !text.Contains('"', StringComparison.Ordinal),
        _ => true,
    };

    private string? Refusal(ActionConfig config)
    {
        try
        {
            _engine.Compile(config);
            return null;
        }
        catch (InvalidFieldsException e)
        {
            return e.Violations[0].Description;
        }
    }

    [GeneratedRegex(@"^has '(.*?)', which (?:.*, or | .*Write |.*Write )(.*) for the (?:text itself|tag)\.$")]
    private static partial Regex Remedy();
}
