using System.Text;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Outcomes;
using Actions.Engine.Response;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Extraction;

public sealed class ResultPlanTests
{
    private static readonly Value Fallback = Value.ForString("fallback");

    [Theory]
    [InlineData("""{"a":1}""", false, false, "1")]
    [InlineData("""{"a":1}""", true, true, "1")]
    [InlineData("""{"a":null}""", true, true, "\"fallback\"")]
    [InlineData("""{"a":null}""", false, false, null)]
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
            .Message.ShouldStartWith("The response has no value at $.a, which the variable 'v' requires.");

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
            Should.Throw<UpstreamException>(() => Extract($"{{\"a\":{json}}}", Field("$.a", required: true)))
                .Message.ShouldBe("The response can't be read: $.a is nested too deeply for a variable; select a value inside it.");
    }

    [Fact]
    public void DeepResponse_FieldInsideCanBeSelected()
    {
        var json = string.Concat(Enumerable.Repeat("{\"x\":", 100)) + "1" + new string('}', 100);

        Extract(json, Field("$" + string.Concat(Enumerable.Repeat(".x", 100))))["v"].ShouldBe(Value.ForNumber(1));
    }

    [Theory]
    [InlineData("""{"a":"\ud800"}""", "\"\ufffd\"")]
    [InlineData("""{"a":["x\udc00"]}""", "[ \"x\ufffd\" ]")]
    [InlineData("""{"a":{"\ud800":1}}""", "{ \"\ufffd\": 1 }")]
    [InlineData("""{"b":"\ud800","a":1}""", "1")]
    [InlineData("""{"a":1,"\ud800":2}""", "1")]
    public void HalfASurrogatePair_ReplacedAndNothingElseLost(string json, string value) =>
        Extract(json, Field("$.a"))["v"].ToString().ShouldBe(value);

    [Fact]
    public void PairOfSurrogateEscapes_IsText() =>
        Extract("""{"a":"\ud83d\ude00"}""", Field("$.a"))["v"].ShouldBe(Value.ForString("\ud83d\ude00"));

    private static ResultFieldPlan Field(
        string path, bool required = false, Value? otherwise = null, string variable = "v", bool keepNull = false) =>
        new(variable, new JsonSource(path, JsonPath.Parse(path), From: null), otherwise, required,
            keepNull, Sensitive: false, SampleKind: null);

    private static Dictionary<string, Value> Extract(string? json, params ResultFieldPlan[] fields)
    {
        using var response = new UpstreamResponse(
            new HttpResponseMessage(), Encoding.UTF8.GetBytes(json ?? ""), maxDepth: 512, new WorkBudget());
        var variables = new Dictionary<string, Value>();
        new ResultPlan([.. fields]).Extract(response, strict: true, variables);
        return variables;
    }
}
