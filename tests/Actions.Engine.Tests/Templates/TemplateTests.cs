using Actions.Engine.Templates;
using Actions.Engine.Tests.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Templates;

public sealed class TemplateTests
{
    private const int NoLimit = int.MaxValue;

    // What a template renders to with a = 1, b = 2 and a.b_c = 3.
    [Theory]
    // The three forms.
    [InlineData("<a>", "1")]
    [InlineData("{a}", "1")]
    [InlineData("{{a}}", "1")]
    [InlineData("x<a>y{b}z{{a}}", "x1y2z1")]
    [InlineData("{a}{b}<a><b>{{a}}{{b}}", "121212")]
    // Names.
    [InlineData("{a.b_c} <a.b_c> {{a.b_c}}", "3 3 3")]
    [InlineData("{ a } {{ a }} < a >", "{ a } 1 < a >")]
    [InlineData("{{  a}} {{a\t}} {{\r\n a \u00a0}}", "1 1 1")]
    [InlineData("{} {{}} <>", "{} {{}} <>")]
    [InlineData("{1a} {.a} {-a} <1>", "{1a} {.a} {-a} <1>")]
    [InlineData("{a-b} {a b} {a/b} {\u00e4}", "{a-b} {a b} {a/b} {\u00e4}")]
    [InlineData("{\u0430}", "{\u0430}")]
    // Brackets that are more, fewer or others.
    [InlineData("{{{a}}}", "{1}")]
    [InlineData("{{{{a}}}}", "{{1}}")]
    [InlineData("{{a}", "{1")]
    [InlineData("{a}}", "1}")]
    [InlineData("<<a>>", "<1>")]
    [InlineData("<a", "<a")]
    [InlineData("a>", "a>")]
    [InlineData("{a", "{a")]
    [InlineData("{{a", "{{a")]
    [InlineData("{a>", "{a>")]
    [InlineData("<a}", "<a}")]
    [InlineData("{<a>}", "{1}")]
    [InlineData("<{a}>", "<1>")]
    [InlineData("{{<a>}}", "{{1}}")]
    [InlineData("{a{b}}", "{a2}")]
    [InlineData("a < b > c", "a < b > c")]
    [InlineData("</a> <a/> <!-- <a> -->", "</a> <a/> <!-- <a> -->")]
    // A backslash before the opening bracket keeps it.
    [InlineData(@"\<a>", "<a>")]
    [InlineData(@"\{a}", "{a}")]
    [InlineData(@"\{{a}}", "{{a}}")]
    [InlineData(@"\{\{a}}", "{{a}}")]
    [InlineData(@"{\{a}}", "{{a}}")]
    [InlineData(@"\{{{a}}}", "{{1}}")]
    [InlineData(@"\\{a}", @"\1")]
    [InlineData(@"\\<a>", @"\1")]
    [InlineData(@"\\\{a}", @"\{a}")]
    [InlineData(@"\\\\{{a}}", @"\\1")]
    [InlineData(@"\{ \<", "{ <")]
    [InlineData(@"\<a><a>", "<a>1")]
    // Any other backslash is text.
    [InlineData(@"\", @"\")]
    [InlineData(@"\\", @"\\")]
    [InlineData(@"C:\dir\\n \} \> \a", @"C:\dir\\n \} \> \a")]
    [InlineData(@"{a}\", @"1\")]
    [InlineData(@"{a\}", @"{a\}")]
    // Nothing at all, and everything else.
    [InlineData("", "")]
    [InlineData(" \t\r\n\0", " \t\r\n\0")]
    [InlineData("\ud83d\ude00{a}\u65e5", "\ud83d\ude001\u65e5")]
    public void Text_RendersTo(string text, string rendered) =>
        Template.Parse(text).Render(Bound.Texts(("a", "1"), ("b", "2"), ("a.b_c", "3")), NoLimit).ShouldBe(rendered);

    [Theory]
    [InlineData("{a}", "a")]
    [InlineData("<a.b>", "a.b")]
    [InlineData("{{_x1}}", "_x1")]
    [InlineData(" {a}", null)]
    [InlineData("{a} ", null)]
    [InlineData("{a}{b}", null)]
    [InlineData(@"\{a}", null)]
    [InlineData("a", null)]
    [InlineData("", null)]
    public void OnlyPlaceholder_NameIfThereIsNothingElse(string text, string? name) =>
        Template.Parse(text).OnlyPlaceholder.ShouldBe(name);

    [Fact]
    public void Names_InOrderWithRepetitions() =>
        Template.Parse(@"<b> {a} \{c} {{b}} {d").Names.ShouldBe(["b", "a", "b"]);

    [Fact]
    public void ValueThatLooksLikeAPlaceholder_NotExpandedAgain() =>
        Template.Parse("{a}{b}").Render(Bound.Texts(("a", "{b}<b>"), ("b", @"\{a}")), NoLimit).ShouldBe(@"{b}<b>\{a}");

    [Fact]
    public void ValueOfEachKind_RenderedAsText()
    {
        var values = Bound.Values(
            ("text", Value.ForString("\"as\" it is")),
            ("number", Value.ForNumber(4711)),
            ("fraction", Value.ForNumber(-0.5)),
            ("boolean", Value.ForBool(true)),
            ("nothing", Value.ForNull()),
            ("list", Value.ForList(Value.ForNumber(1), Value.ForString("\u00e4<"), Value.ForNull())),
            ("object", Value.ForStruct(new Struct { Fields = { ["a"] = Value.ForBool(false) } })));

        Template.Parse("{text}|{number}|{fraction}|{boolean}|{nothing}|{list}|{object}").Render(values, NoLimit)
            .ShouldBe("\"as\" it is|4711|-0.5|true||1, \u00e4<|{\"a\":false}");
    }

    [Fact]
    public void Escape_AppliedToValuesOnly() =>
        Template.Parse("a b/{a}").Render(Bound.Texts(("a", "a b/")), NoLimit, Uri.EscapeDataString).ShouldBe("a b/a%20b%2F");

    [Fact]
    public void ManyOpeningBracketsAndBackslashes_ParsedInLinearTime()
    {
        // Quadratic time would take minutes here, and the test run's patience.
        var text = new string('\\', 500_001) + new string('{', 500_000) + "a}";

        Template.Parse(text).Render(Bound.Texts(("a", "1")), NoLimit).Length.ShouldBe(250_000 + 500_000);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("_", true)]
    [InlineData("a.b.c", true)]
    [InlineData("A9_", true)]
    [InlineData("a.", true)]
    [InlineData("", false)]
    [InlineData("9a", false)]
    [InlineData(".a", false)]
    [InlineData("a-b", false)]
    [InlineData("a b", false)]
    [InlineData("\u00e4", false)]
    public void Name_LettersDigitsUnderscoresDots(string name, bool valid) => Template.IsName(name).ShouldBe(valid);
}
