using System.Text;
using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Outcomes;
using Actions.Engine.Response;
using Actions.Engine.Syntax;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Extraction;

public sealed class ResultPlanTests
{
    private static readonly Value Fallback = Value.ForString("fallback");

    [Theory]
    [InlineData("""{"a":1}""", false, false, "1")]
    [InlineData("""{"a":1}""", true, true, "1")]
    [InlineData("""{"a":null}""", true, true, "null")]
    [InlineData("""{"a":""}""", true, true, "\"\"")]
    [InlineData("{}", false, false, null)]
    [InlineData("{}", false, true, "\"fallback\"")]
    [InlineData("{}", true, true, "\"fallback\"")]
    [InlineData("[]", false, true, "\"fallback\"")]
    [InlineData("17", false, false, null)]
    [InlineData(null, false, false, null)]
    [InlineData(null, false, true, "\"fallback\"")]
    public void Field_ValueOrDefaultOrLeftOut(string? json, bool required, bool hasDefault, string? expected)
    {
        var extracted = Extract(json, Field("$.a", required, hasDefault ? Fallback : null));

        extracted.GetValueOrDefault("v")?.ToString().ShouldBe(expected);
        extracted.Count.ShouldBe(expected is null ? 0 : 1);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("{\"A\":1}")]
    [InlineData(null)]
    public void RequiredFieldMissing_NamesVariableAndPath(string? json) =>
        Should.Throw<UpstreamException>(() => Extract(json, Field("$.a", required: true)))
            .Message.ShouldBe("The response has no value at $.a, which the variable 'v' requires.");

    [Fact]
    public void ManyFields_EachOfTheSameResponse()
    {
        var extracted = Extract(
            """{"order":{"id":"A1","items":[{"n":2},{"n":3}]},"ok":true}""",
            Field("$.order.id", variable: "id"),
            Field("$.order.items[-1].n", variable: "last"),
            Field("$.order.items", variable: "items"),
            Field("$.ok", variable: "ok"),
            Field("$.nothing", variable: "nothing"));

        extracted["id"].ShouldBe(Value.ForString("A1"));
        extracted["last"].ShouldBe(Value.ForNumber(3));
        extracted["items"].ToString().ShouldBe("""[ { "n": 2 }, { "n": 3 } ]""");
        extracted["ok"].ShouldBe(Value.ForBool(true));
        extracted.Keys.ShouldBe(["id", "last", "items", "ok"]);
    }

    [Fact]
    public void DefaultThatIsNull_IsAValue() =>
        Extract("{}", Field("$.a", otherwise: Value.ForNull()))["v"].ShouldBe(Value.ForNull());

    [Theory]
    [InlineData("array", 30, true)]
    [InlineData("array", 31, false)]
    [InlineData("object", 30, true)]
    [InlineData("object", 31, false)]
    public void Depth_AtMost30Levels(string kind, int levels, bool fits)
    {
        var (open, close) = kind == "array" ? ("[", "]") : ("{\"x\":", "}");
        var json = string.Concat(Enumerable.Repeat(open, levels)) + "1" + string.Concat(Enumerable.Repeat(close, levels));

        if (fits)
            Extract($"{{\"a\":{json}}}", Field("$.a"))["v"].ShouldNotBeNull();
        else
            Should.Throw<UpstreamException>(() => Extract($"{{\"a\":{json}}}", Field("$.a")))
                .Message.ShouldBe("The response can't be read: $.a is nested too deeply for a variable; select a value inside it.");
    }

    [Fact]
    public void DeepResponse_FieldInsideCanBeSelected()
    {
        var json = string.Concat(Enumerable.Repeat("{\"x\":", 100)) + "1" + new string('}', 100);

        Extract(json, Field("$" + string.Concat(Enumerable.Repeat(".x", 100))))["v"].ShouldBe(Value.ForNumber(1));
    }

    [Theory]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"a":["x\udc00"]}""")]
    [InlineData("""{"a":{"\ud800":1}}""")]
    public void SelectedTextIsHalfASurrogatePair_Refused(string json) =>
        Should.Throw<UpstreamException>(() => Extract(json, Field("$.a")))
            .Message.ShouldBe("The response can't be read: a string at $.a, or on the way to it, isn't Unicode text.");

    [Fact]
    public void HalfASurrogatePairInAnotherValue_DoesNotMatter() =>
        Extract("""{"b":"\ud800","a":1}""", Field("$.a"))["v"].ShouldBe(Value.ForNumber(1));

    [Fact]
    public void HalfASurrogatePairInANameOnTheWay_Refused() =>
        Should.Throw<UpstreamException>(() => Extract("""{"a":1,"\ud800":2}""", Field("$.a")))
            .Message.ShouldBe("The response can't be read: a string at $.a, or on the way to it, isn't Unicode text.");

    [Fact]
    public void PairOfSurrogateEscapes_IsText() =>
        Extract("""{"a":"\ud83d\ude00"}""", Field("$.a"))["v"].ShouldBe(Value.ForString("\ud83d\ude00"));

    private static ResultFieldPlan Field(
        string path, bool required = false, Value? otherwise = null, string variable = "v") =>
        new(variable, path, JsonPath.Parse(path), Header: null, otherwise, required, SampleKind: null);

    private static Dictionary<string, Value> Extract(string? json, params ResultFieldPlan[] fields)
    {
        var document = json is null ? null : JsonDocument.Parse(Encoding.UTF8.GetBytes(json), new JsonDocumentOptions { MaxDepth = 512 });
        using var response = new UpstreamResponse(new HttpResponseMessage(), default, document, unreadable: null, new WorkBudget());
        return new ResultPlan([.. fields]).Extract(response, strict: true);
    }
}
