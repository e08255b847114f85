using System.Text.Json;
using Actions.Engine.Extraction;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Limits;
using Actions.Engine.Templates;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Extraction;

/// <summary>What can be selected from a sample.</summary>
public sealed class FieldDiscoveryTests
{
    [Fact]
    public void Document_EveryMemberInItsOrder()
    {
        Discover("""{"order": {"status": "shipped", "total": 12.5, "count": 3, "paid": true, "note": null}, "tags": ["a", "b"]}""")
            .Select(field => (field.JsonPath, field.Type, field.SuggestedVariable)).ShouldBe(
            [
                ("$['order']", VariableType.Json, "order"),
                ("$['order']['status']", VariableType.String, "order_status"),
                ("$['order']['total']", VariableType.Number, "order_total"),
                ("$['order']['count']", VariableType.Integer, "order_count"),
                ("$['order']['paid']", VariableType.Boolean, "order_paid"),
                ("$['order']['note']", VariableType.Json, "order_note"),
                ("$['tags']", VariableType.Json, "tags"),
                ("$['tags'][*]", VariableType.Json, "all_tags"),
                ("$['tags'][0]", VariableType.String, "tags_2"),
            ]);
    }

    [Fact]
    public void ArrayOfObjects_FirstElementAndAWildcardForEachOfItsMembers()
    {
        Discover("""[{"id": 1, "sub": {"x": 2}}, {"id": 3}, {"sub": {"x": 4}}, 5]""")
            .Select(field => (field.JsonPath, field.SuggestedVariable, Json(field.Value))).ShouldBe(
            [
                ("$", "response", """[{"id":1,"sub":{"x":2}},{"id":3},{"sub":{"x":4}},5]"""),
                ("$[*]['id']", "all_id", "[1,3]"),
                ("$[0]", "response_2", """{"id":1,"sub":{"x":2}}"""),
                ("$[0]['id']", "id", "1"),
                ("$[0]['sub']", "sub", """{"x":2}"""),
                ("$[0]['sub']['x']", "sub_x", "2"),
            ]);
    }

    [Theory]
    [InlineData("\"text\"", VariableType.String)]
    [InlineData("7", VariableType.Integer)]
    [InlineData("-7", VariableType.Integer)]
    [InlineData("7.0", VariableType.Number)]
    [InlineData("7e2", VariableType.Number)]
    [InlineData("false", VariableType.Boolean)]
    [InlineData("null", VariableType.Json)]
    [InlineData("[]", VariableType.Json)]
    public void DocumentThatIsNoObject_ItselfAField(string json, VariableType type)
    {
        var field = Discover(json).ShouldHaveSingleItem();

        (field.JsonPath, field.Type, field.SuggestedVariable).ShouldBe(("$", type, "response"));
    }

    [Fact]
    public void EmptyObject_NoFields() => Discover("{}").ShouldBeEmpty();

    [Theory]
    [InlineData("1", "1")]
    [InlineData("1.5", "1.5")]
    [InlineData("12345678901234567890", "\"12345678901234567890\"")]
    [InlineData("\"a\\nb\"", "\"a\\nb\"")]
    [InlineData("null", "null")]
    [InlineData("\"\\ud800\"", "")]
    public void Value_AsAResultWouldHaveIt(string json, string value) =>
        Json(Discover($"{{\"a\": {json}}}").ShouldHaveSingleItem().Value).ShouldBe(value);

    [Theory]
    [InlineData("a.b", "$['a.b']")]
    [InlineData("", "$['']")]
    [InlineData("a'b", @"$['a\'b']")]
    [InlineData("a\"b", "$['a\"b']")]
    [InlineData("a\\b", @"$['a\\b']")]
    [InlineData("\b\f\n\r\t", @"$['\b\f\n\r\t']")]
    [InlineData("\u0000\u000b\u001f", @"$['\u0000\u000b\u001f']")]
    [InlineData("\u007f/", "$['\u007f/']")]
    [InlineData("größe 😀", "$['größe 😀']")]
    public void Path_NormalizedAndSelectsTheField(string name, string path)
    {
        var json = $"{{{JsonSerializer.Serialize(name)}: 7}}";

        Discover(json).ShouldHaveSingleItem().JsonPath.ShouldBe(path);

        using var document = JsonDocument.Parse(json);
        JsonPath.Parse(path).Select(document.RootElement).ShouldHaveSingleItem().GetInt32().ShouldBe(7);
    }

    [Theory]
    [InlineData("orderStatus", "order_status")]
    [InlineData("OrderStatus", "order_status")]
    [InlineData("ORDER_STATUS", "order_status")]
    [InlineData("order-status", "order_status")]
    [InlineData("order status", "order_status")]
    [InlineData("order.status", "order_status")]
    [InlineData("__order__status__", "order_status")]
    [InlineData("HTTPStatus", "http_status")]
    [InlineData("orderID", "order_id")]
    [InlineData("order2", "order2")]
    [InlineData("@type", "type")]
    [InlineData("2nd", "_2nd")]
    [InlineData("größe", "gr_e")]
    [InlineData("状態", "response")]
    [InlineData("", "response")]
    [InlineData("😀", "response")]
    public void Name_SnakeCaseAndValid(string name, string suggested)
    {
        var field = Discover($"{{{JsonSerializer.Serialize(name)}: 7}}").ShouldHaveSingleItem();

        field.SuggestedVariable.ShouldBe(suggested);
        Template.IsName(field.SuggestedVariable).ShouldBeTrue();
    }

    [Fact]
    public void NameTaken_NumberedUntilFree()
    {
        Discover("""{"id": 1, "ID": 2, "Id": 3, "sub": {"id": 4}}""", "id", "id_3", "sub")
            .Select(field => field.SuggestedVariable).ShouldBe(["id_2", "id_4", "id_5", "sub_2", "sub_id"]);
    }

    [Fact]
    public void LongNames_InnermostWordsKept()
    {
        var outer = new string('o', 30);
        var fields = Discover($$$"""{"{{{outer}}}": {"{{{outer}}}x": {"inner": 1}}, "{{{new string('l', 100)}}}": 2}""");

        fields.Select(field => field.SuggestedVariable).ShouldBe([outer, $"{outer}x", $"{outer}x_inner", new string('l', 48)]);
    }

    [Fact]
    public void ManyFields_CutAt500()
    {
        var json = $"{{{string.Join(',', Enumerable.Range(0, 2_000).Select(i => $"\"f{i}\": {i}"))}}}";

        var fields = Discover(json);

        fields.Count.ShouldBe(500);
        fields[499].JsonPath.ShouldBe("$['f499']");
        fields.Select(field => field.SuggestedVariable).Distinct().Count().ShouldBe(500);
    }

    [Fact]
    public void ManyFieldsOfOneName_AllSuggestionsFree()
    {
        var json = $"[{{{string.Join(',', Enumerable.Range(0, 400).Select(i => $"\"{new string('-', i)}\": {i}"))}}}]";

        var fields = Discover(json);

        fields.Count.ShouldBe(500);
        fields.Select(field => field.SuggestedVariable).Distinct().Count().ShouldBe(500);
    }

    [Theory]
    [InlineData("{\"a\":", "1", "}")]
    [InlineData("[", "1", "]")]
    [InlineData("[{\"a\":", "1", "}]")]
    public void DocumentThousandDeep_FieldsThatCanBeSelected(string open, string inner, string close)
    {
        var times = 1_000 / open.Count(c => c is '{' or '[');
        var json = string.Concat(Enumerable.Repeat(open, times)) + inner + string.Concat(Enumerable.Repeat(close, times));

        var fields = Discover(json);

        fields.Count.ShouldBeInRange(100, 500);
        ShouldFitAMessage(fields);
        ShouldBeSelectable(fields);
    }

    [Theory]
    [InlineData(60_000, 400)]
    [InlineData(5_000, 400)]
    public void LongNamesOnTheWayToMany_FitAMessage(int length, int members)
    {
        var json = $"{{\"{new string('n', length)}\": {{{string.Join(',', Enumerable.Range(0, members).Select(i => $"\"f{i}\": {i}"))}}}, \"after\": 1}}";

        var fields = Discover(json);

        ShouldFitAMessage(fields);
        ShouldBeSelectable(fields);
        fields.ShouldContain(field => field.JsonPath == "$['after']");
    }

    [Fact]
    public void LargeArraysInsideArrays_FitAMessage()
    {
        var json = $"{new string('[', 25)}{string.Join(',', Enumerable.Repeat("1", 30_000))}{new string(']', 25)}";

        ShouldFitAMessage(Discover(json));
    }

    [Fact]
    public void WildcardOfALongList_ShowsTheFirstTen()
    {
        var fields = Discover($"{{\"n\": [{string.Join(',', Enumerable.Range(0, 100))}], \"o\": [{string.Join(',', Enumerable.Range(0, 100).Select(i => $"{{\"i\": {i}}}"))}]}}");

        fields.Single(field => field.JsonPath == "$['n'][*]").Value.ListValue.Values.Count.ShouldBe(10);
        fields.Single(field => field.JsonPath == "$['o'][*]['i']").Value.ListValue.Values.Count.ShouldBe(10);
    }

    [Fact]
    public void NameThatIsNoUnicode_OthersStillFound()
    {
        Discover("""{"a": 1, "b": {"\ud800": 2, "c": 3}, "d": 4}""").Select(field => field.JsonPath)
            .ShouldBe(["$['a']", "$['b']", "$['b']['c']", "$['d']"]);
    }

    [Fact]
    public async Task Initialize_NamesThatActionAndResultsDontHave()
    {
        using var engine = new EngineUnderTest();
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"id": 1, "eta": 2, "used": 3, "free": 4}"""));
        var config = Configs.Get($"{api.Url}/{{used}}").Selecting("eta", "$.eta");
        config.Variables.Add(new Variable { Name = "id", DefaultValue = Value.ForString("x") });

        var fields = (await engine.InitializeAsync(config, Configs.Values(("used", "x")))).Sample.Fields;

        fields.Select(field => field.SuggestedVariable).ShouldBe(["id_2", "eta_2", "used_2", "free"]);
    }

    private static IReadOnlyList<SampleField> Discover(string json, params string[] taken)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 1_000 });
        return FieldDiscovery.Discover(document.RootElement, taken, maxPathLength: 1_024);
    }

    // Half of what a gRPC client accepts: the body and the request come beside them.
    private static void ShouldFitAMessage(IEnumerable<SampleField> fields) =>
        new Sample { Fields = { fields } }.CalculateSize().ShouldBeLessThan(2 << 20);

    private static void ShouldBeSelectable(IEnumerable<SampleField> fields)
    {
        var config = Configs.Get("https://api.example.com");
        config.Results.AddRange(fields.Select(field => new ResultField { Variable = field.SuggestedVariable, JsonPath = field.JsonPath }));
        new ActionCompiler(new EngineOptions { MaxResultFields = 500 }, Guards.Local).Compile(config, "config");
    }

    private static string Json(Value? value) => value is null ? "" : Google.Protobuf.JsonFormatter.Default.Format(value).Replace(" ", "", StringComparison.Ordinal);
}
