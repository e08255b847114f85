using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;

namespace Actions.Engine.Tests.Extraction.Paths;

/// <summary>Neither a document nor a query takes more of a thread's stack or time than is allowed.</summary>
public sealed class JsonPathLimitTests
{
    private const int Depth = 1_000;

    // A machine that is busy with other tests is slow; without a limit each of these takes minutes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("$..*", Depth)]
    [InlineData("$..a", Depth - 1)]
    [InlineData("$..[?@.a]", Depth - 2)]
    [InlineData("$..[?@.a == $.a.a]", 1)]
    [InlineData("$..[?@ == $.a]", 1)]
    [InlineData("$..[?@ != $.a]", Depth - 1)]
    [InlineData("$..[?@ < $.a]", 0)]
    [InlineData("$..[?count(@..*) > 998]", 1)]
    [InlineData("$..[?length(@) == 1]", Depth - 1)]
    [InlineData("$..[?value(@..b) == 1]", Depth - 1)]
    [InlineData("$..[?!(@.a || @.b)]", 1)]
    public void DocumentThousandDeep_Selected(string path, int nodes)
    {
        using var document = Nested(Depth);

        JsonPath.Parse(path).Select(document.RootElement).Count.ShouldBe(nodes);
    }

    [Fact]
    public void TwoEqualDocumentsThousandDeep_Compared()
    {
        var inner = string.Concat(Enumerable.Repeat("[", Depth - 1)) + string.Concat(Enumerable.Repeat("]", Depth - 1));
        using var document = JsonDocument.Parse($"{{\"a\":{inner},\"b\":{inner}}}", new JsonDocumentOptions { MaxDepth = Depth });

        Condition.Parse("@.a == @.b").Matches(document.RootElement).ShouldBeTrue();
    }

    public static TheoryData<string, string> Explosions => new()
    {
        { "$.deep..*..*..*..*", "nodes" },
        { "$.deep..[?count(@..*..*..*) > 1]", "nodes in a filter" },
        { "$.list[?count(@..*) > count($.deep..*..*..*)]", "the root in a filter" },
        { "$.list[?length($.text) > 1]", "a long text counted from every node" },
        { "$.list[?$.text == $.same]", "long texts compared from every node" },
        { "$.list[?$.text < $.same]", "long texts ordered from every node" },
        { "$.list[?$.list == $.again]", "lists compared from every node" },
        { "$.list[?search($.text, 'y')]", "a long text searched from every node" },
        { "$.list[?match('x', $.pattern)]", "a large pattern read from every node" },
        { "$.list[?match('x', $.refused)]", "a refused pattern read from every node" },
        { "$.list[?search($.text, $.class)]", "a large class asked for every character" },
    };

    [Theory]
    [MemberData(nameof(Explosions))]
    public void QueryGrowsFasterThanTheDocument_GivenUp(string path, string what)
    {
        using var document = Large();
        var query = JsonPath.Parse(path);
        var began = TimeProvider.System.GetTimestamp();

        // A tenth of the limit shows it as well, in a tenth of the time.
        var evaluation = new Evaluation(document.RootElement, new WorkBudget(WorkBudget.DefaultSteps / 10));
        Should.Throw<SyntaxException>(() => query.SelectFrom(document.RootElement, evaluation), what).Message.ShouldContain("too many nodes");

        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Patience, what);
    }

    [Theory]
    [InlineData("$.list[?count($..*) > 1]", "$.list[0:]")]
    [InlineData("$.list[?$.list[0:1]]", "$.list[0:]")]
    [InlineData("$.list[?$.members.missing]", "$.missing[0:]")]
    public void QueryFromTheRootInAFilter_IsWorkedOutOnce(string path, string same)
    {
        using var document = Large();

        JsonPath.Parse(path).Select(document.RootElement).Count
            .ShouldBe(JsonPath.Parse(same).Select(document.RootElement).Count);
    }

    public static TheoryData<string, string, int> Escapes => new()
    {
        { "$.list[?$.object.a]", "a long escaped name from every node", 0 },
        { "$.list[?$['object']['\u0061']]", "a long escaped name from every node", 0 },
        { "$.objects[?@.a]", "a long escaped name in one of many objects", 0 },
        { "$.strings[?@ == $.long]", "escaped strings and a long one", 0 },
        { "$.strings[?@ != $.long]", "escaped strings and a long one", Strings },
        { "$.strings[?@ < $.long]", "escaped strings ordered with a long one", Strings },
        { "$.strings[?@ == 'aaaaaaaa']", "escaped strings and a short one", Strings },
        { "$.strings[?@ == $.short]", "escaped strings and a short one", Strings },
    };

    private const int Strings = 20_000;

    [Theory]
    [MemberData(nameof(Escapes))]
    public void Escapes_AreUndoneOnceAndNotForEveryNode(string path, string what, int nodes)
    {
        var escaped = string.Concat(Enumerable.Repeat("\\u0061", 200_000));
        var shortOne = string.Concat(Enumerable.Repeat("\\u0061", 8));
        using var document = JsonDocument.Parse($$"""
            {
              "object": {"{{escaped}}": 1}, "long": "{{escaped}}", "short": "{{shortOne}}",
              "list": [{{string.Join(',', Enumerable.Range(0, 100_000))}}],
              "objects": [{"{{escaped}}": 1}, {{string.Join(',', Enumerable.Repeat("{\"b\":1}", 20_000))}}],
              "strings": [{{string.Join(',', Enumerable.Repeat($"\"{shortOne}\"", Strings))}}]
            }
            """);
        var began = TimeProvider.System.GetTimestamp();

        JsonPath.Parse(path).Select(document.RootElement).Count.ShouldBe(nodes, what);

        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Patience, what);
    }

    [Theory]
    [MemberData(nameof(Explosions))]
    public void DeadlineThatPasses_EndsTheWork(string path, string what)
    {
        using var document = Large();
        var budget = new WorkBudget(int.MaxValue, new CancellationToken(canceled: true));

        Should.Throw<OperationCanceledException>(() => JsonPath.Parse(path).Select(document.RootElement, budget), what);
    }

    [Fact]
    public void FieldsOfOneResponse_ShareABudget()
    {
        using var document = JsonDocument.Parse($"[{string.Join(',', Enumerable.Repeat("1", 1_000))}]");
        var (path, budget) = (JsonPath.Parse("$[*]"), new WorkBudget(2_500));

        path.Select(document.RootElement, budget);
        path.Select(document.RootElement, budget);

        Should.Throw<SyntaxException>(() => path.Select(document.RootElement, budget)).Message.ShouldContain("too many nodes");
    }

    [Fact]
    public void LargestBodyVisitedWhole_WithinTheLimit()
    {
        // As many nodes as 3 MiB can hold.
        using var document = JsonDocument.Parse($"[{string.Join(',', Enumerable.Repeat("1", 1_572_863))}]");

        JsonPath.Parse("$..missing").Select(document.RootElement).Count.ShouldBe(0);
        JsonPath.Parse("$[?@ == 2]").Select(document.RootElement).Count.ShouldBe(0);
    }

    [Theory]
    [InlineData("$..*")]
    [InlineData("$[*]")]
    [InlineData("$[?@ == 1]")]
    [InlineData("$[0:]")]
    [InlineData("$[0:200000,0:200000]")]
    [InlineData("$[?count($..*) > 1]")]
    public void MoreNodesThanAMessageCouldCarry_RefusedBeforeTheyAreCollected(string path)
    {
        using var document = JsonDocument.Parse($"[{string.Join(',', Enumerable.Repeat("1", 1_572_863))}]");

        Should.Throw<TooLargeException>(() => JsonPath.Parse(path).Select(document.RootElement))
            .Message.ShouldBe("selects too many nodes of the document, more than 250000");
    }

    [Theory]
    [InlineData("(", ")")]
    [InlineData("!(", ")")]
    [InlineData("@[?", "]")]
    [InlineData("length(", ") == 1")]
    [InlineData("count(@[?", "]) == 1")]
    public void QueryNestedThousands_Refused(string open, string close)
    {
        var path = $"$[?{string.Concat(Enumerable.Repeat(open, 20_000))}@{string.Concat(Enumerable.Repeat(close, 20_000))}]";

        Should.Throw<SyntaxException>(() => JsonPath.Parse(path)).Message.ShouldContain("nested deeper than");
    }

    private static JsonDocument Nested(int depth) => JsonDocument.Parse(
        string.Concat(Enumerable.Repeat("{\"a\":", depth - 1)) + "{\"b\":1}" + new string('}', depth - 1),
        new JsonDocumentOptions { MaxDepth = depth });

    /// <summary>Some MiB in which everything is there many times.</summary>
    private static JsonDocument Large()
    {
        const int many = 30_000;
        var text = new string('x', 500_000);
        var list = $"[{string.Join(',', Enumerable.Range(0, many))}]";
        return JsonDocument.Parse($$"""
            {
              "deep": {{string.Concat(Enumerable.Repeat("[", Depth - 1))}}{{string.Concat(Enumerable.Repeat("]", Depth - 1))}},
              "list": {{list}}, "again": {{list}}, "text": "{{text}}", "same": "{{text}}",
              "members": { {{string.Join(',', Enumerable.Range(0, many).Select(i => $"\"m{i}\":{i}"))}} },
              "pattern": "(a{99}){99}", "refused": "(a{999}){999}",
              "class": "[{{string.Concat(Enumerable.Range(0, 20_000).Select(i => char.ConvertFromUtf32(0x4E00 + i)))}}]"
            }
            """, new JsonDocumentOptions { MaxDepth = Depth });
    }
}
