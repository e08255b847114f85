using System.Text;
using System.Text.Json;
using Actions.Engine.Syntax;
using Actions.Engine.Templates;
using Actions.Engine.Tests.Variables;
using Actions.Engine.Variables;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Templates;

public sealed class JsonTemplateTests
{
    public static TheoryData<Value, string> TypedValues => new()
    {
        { Value.ForString("x"), "\"x\"" },
        { Value.ForString(""), "\"\"" },
        { Value.ForString("4711"), "\"4711\"" },
        { Value.ForNumber(4711), "4711" },
        { Value.ForNumber(-0.25), "-0.25" },
        { Value.ForNumber(9007199254740991), "9007199254740991" },
        { Value.ForNumber(1e300), "1e+300" },
        { Value.ForBool(true), "true" },
        { Value.ForBool(false), "false" },
        { Value.ForNull(), "null" },
        { Value.ForList(), "[]" },
        { Value.ForList(Value.ForNumber(1), Value.ForString("{a}")), """[1,"{a}"]""" },
        { Value.ForStruct(new Struct()), "{}" },
        { Value.ForStruct(new Struct { Fields = { ["k\""] = Value.ForList(Value.ForNull()) } }), """{"k\"":[null]}""" },
    };

    [Theory]
    [MemberData(nameof(TypedValues))]
    public void StringThatIsOnePlaceholder_BecomesTheValueTypeIncluded(Value value, string json)
    {
        foreach (var form in new[] { "{a}", "{{a}}", "<a>" })
            Render($$"""{"v":"{{form}}"}""", Bound.Values(("a", value))).ShouldBe($$"""{"v":{{json}}}""");
    }

    [Theory]
    [InlineData("plain", "is plain.")]
    [InlineData("say \"hi\"", """is say \"hi\".""")]
    [InlineData(@"C:\dir", """is C:\\dir.""")]
    [InlineData("\r\n\t\b\f", """is \r\n\t\b\f.""")]
    [InlineData("\0\u001f", """is \u0000\u001F.""")]
    [InlineData("\u00e4\u65e5", "is \u00e4\u65e5.")]
    [InlineData("</script>'&", "is </script>'&.")]
    [InlineData("\",\"admin\":true,\"x\":\"", """is \",\"admin\":true,\"x\":\".""")]
    public void PlaceholderInsideAString_StaysText(string value, string text) =>
        Render("""{"v":"is {a}."}""", Bound.Texts(("a", value))).ShouldBe($$"""{"v":"{{text}}"}""");

    [Fact]
    public void ValueThatIsNoText_InsideAStringItsText() => Render(
            """["{a} {b} {c} {d}"]""",
            Bound.Values(
                ("a", Value.ForNumber(1)),
                ("b", Value.ForBool(true)),
                ("c", Value.ForList(Value.ForString("x"), Value.ForNumber(2))),
                ("d", Value.ForStruct(new Struct()))))
        .ShouldBe("""["1 true x, 2 {}"]""");

    [Theory]
    [InlineData("""{"a":"{gone}","b":1}""", """{"b":1}""")]
    [InlineData("""{"a":{"b":"{gone}"},"c":["{gone}",2,"{{gone}}"]}""", """{"a":{},"c":[2]}""")]
    [InlineData("""["<gone>"]""", "[]")]
    [InlineData("""{"a":" {gone}","b":"{gone}{gone}"}""", """{"a":" ","b":""}""")]
    [InlineData("\"{gone}\"", null)]
    public void VariableWithoutAValue_LeftOutWhereItIsAllThereIs(string json, string? rendered)
    {
        var document = JsonTemplate.Parse(json, 64, Template.Parse).Render(Bound.Texts(), limit: 10_000);

        (document is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null).ShouldBe(rendered);
    }

    [Theory]
    [InlineData("\ud83d\ude00")]
    [InlineData("\u2028\u2029\ufeff\u200b\ufffe\uffff")]
    public void AnyUnicode_ReadBackAsItWas(string value)
    {
        var rendered = Render("""["{a}","x {a}"]""", Bound.Texts(("a", value)));

        JsonSerializer.Deserialize<string[]>(rendered).ShouldBe([value, $"x {value}"]);
    }

    [Theory]
    [InlineData("[9007199254740993,12345678901234567890,1.10,1E2,1e400,-0,0.1]")]
    [InlineData("""{"a":1,"a":2,"A":3}""")]
    [InlineData("""{"":null,"b":[{},[],true,false]}""")]
    [InlineData("\"text\"")]
    [InlineData("17")]
    [InlineData("null")]
    public void WhatIsNoPlaceholder_StandsForItself(string json) => Render(json, Bound.Texts()).ShouldBe(json);

    [Theory]
    [InlineData(" { \"a\" :\n1 } ", """{"a":1}""")]
    [InlineData("""["\u00e4\/\\{a}\\\\{a}"]""", """["ä/{a}\\1"]""")]
    [InlineData("""{"\u0061":"{a}"}""", """{"a":"1"}""")]
    public void Written_AsCompactJson(string json, string rendered) =>
        Render(json, Bound.Texts(("a", "1"))).ShouldBe(rendered);

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("1e400")]
    [InlineData("0.10")]
    [InlineData("-12345678901234567890.5")]
    public void NumberAsText_ForANumericVariableItsDigitsAreWritten(string digits)
    {
        var values = new VariableValues(
            new Dictionary<string, Value> { ["a"] = Value.ForString(digits) },
            new HashSet<string> { "a" },
            new HashSet<string>());

        Render("""["{a}","x {a}"]""", values).ShouldBe($"""[{digits},"x {digits}"]""");
    }

    [Theory]
    [InlineData("""{"{a}":1}""")]
    [InlineData("""{"x":[{"pre<a>":1}]}""")]
    public void PlaceholderInAName_Refused(string json) =>
        Should.Throw<SyntaxException>(() => JsonTemplate.Parse(json, 64, Template.Parse))
            .Message.ShouldContain("only values may");

    [Fact]
    public void BracketsInAName_AllowedWhenTheyOpenNothing() =>
        Render("""{"{}":1,"< a >":2}""", Bound.Texts()).ShouldBe("""{"{}":1,"< a >":2}""");

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{\"a\":{b}}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("[1] // comment")]
    [InlineData("[01]")]
    [InlineData("NaN")]
    [InlineData("{} {}")]
    public void NoJson_Refused(string json) =>
        Should.Throw<JsonException>(() => JsonTemplate.Parse(json, 64, Template.Parse));

    [Fact]
    public void HalfASurrogatePair_Refused()
    {
        Should.Throw<SyntaxException>(() => JsonTemplate.Parse("""["\ud83d"]""", 64, Template.Parse));
        Should.Throw<SyntaxException>(() => JsonTemplate.Parse("""{"\udc00":1}""", 64, Template.Parse));
    }

    [Fact]
    public void Depth_AtMostTheLimit()
    {
        Render($"{new string('[', 64)}{new string(']', 64)}", Bound.Texts()).Length.ShouldBe(128);
        Should.Throw<JsonException>(
            () => JsonTemplate.Parse($"{new string('[', 65)}{new string(']', 65)}", 64, Template.Parse));
    }

    [Fact]
    public void Names_OfAllStrings() =>
        JsonTemplate.Parse("""{"a":["{x}","{{y}} <z>"],"b":"{x}"}""", 64, Template.Parse).Names
            .Distinct().ShouldBe(["x", "y", "z"]);

    private static string Render(string json, VariableValues values) =>
        Encoding.UTF8.GetString(
            JsonTemplate.Parse(json, 64, Template.Parse).Render(values, limit: 10_000)!.Value.Span);
}
