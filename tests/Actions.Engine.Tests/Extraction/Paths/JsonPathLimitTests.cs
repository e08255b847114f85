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
        { "$.list[?count($..*) > 1]", "the root from every node" },
        { "$.list[?length($.text) > 1]", "a long text counted from every node" },
        { "$.list[?$.text == $.same]", "long texts compared from every node" },
        { "$.list[?$.text < $.same]", "long texts ordered from every node" },
        { "$.list[?$.list == $.again]", "lists compared from every node" },
        { "$.list[?$.list[0:1]]", "a slice of a long list from every node" },
        { "$.list[?$.members.missing]", "a name looked for among many from every node" },
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
        var evaluation = new Evaluation(document.RootElement, Evaluation.MaxNodes / 10);
        Should.Throw<SyntaxException>(() => query.SelectFrom(document.RootElement, evaluation), what).Message.ShouldContain("too many nodes");

        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(Patience, what);
    }

    [Fact]
    public void LargestBodySelectedWhole_WithinTheLimit()
    {
        // As many nodes as 3 MiB can hold.
        using var document = JsonDocument.Parse($"[{string.Join(',', Enumerable.Repeat("1", 1_572_863))}]");

        JsonPath.Parse("$..*").Select(document.RootElement).Count.ShouldBe(1_572_863);
        JsonPath.Parse("$[?@ == 1]").Select(document.RootElement).Count.ShouldBe(1_572_863);
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
