using System.Text;
using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;

namespace Actions.Engine.Tests.Fuzz;

/// <summary>A text as a query: refused in words, or it selects nodes of the document in bounded time.</summary>
public sealed class JsonPathFuzzTests
{
    private static readonly string[] Queries =
    [
        "$", "$.order.status", "$['order']['status']", "$.items[0].name", "$.items[-1]", "$.items[*].name", "$..name", "$.items[0:2:1]", "$.items[::-1]",
        "$[?@.price < 10]", "$.items[?@.price < 10 && @.name == 'a' || !@.gone].name", "$..[?length(@.name) > 1]", "$[?count(@.*) >= 2]",
        "$[?match(@.name, 'a.*b')]", "$[?search(@.name, '[a-z]{1,3}|\\\\p{L}+')]", "$[?value(@..name) == $.items[0].name]", "$['a','b',0,1:2,*]",
        "$[\"\\u263a\"]", "$['\\ud83d\\ude00']", "$[?@ == 1e3]", "$[?@.a == null]",
    ];

    private static readonly string[] Words =
    [
        "$", "@", ".", "..", "[", "]", "*", "?", "(", ")", "'", "\"", "\\", "\\u", "\\ud800", ":", ",", "-", "0", "-0", "01", "9007199254740992", "1e5",
        "&&", "||", "!", "==", "!=", "<", "<=", ">", ">=", "true", "false", "null", "length(", "count(", "match(", "search(", "value(", " ", "\t", "\n",
        "{2,}", "{1000}", "|", "^", "\\\\p{Lu}", "[^a]", "(a|b)*", "..*..*", "[?@..[?@]]",
    ];

    private static readonly JsonDocument Document = JsonDocument.Parse(
        """
        {"order": {"status": "shipped", "total": 12.5}, "items": [{"name": "ab", "price": 3}, {"name": "☺", "price": 12, "gone": true},
        [[[[1, 2, [3]]]]], null, "x", -0, 1e3], "a": {"b": {"name": "aab"}}, "": "empty", "😀": 1}
        """);

    [Fact]
    public Task AnyText_IsRefusedInWordsOrSelectsInBoundedTime() => FuzzRun.PlayAsync("JSONPath", new Mutator(Queries, Words, FuzzRun.Seed), input =>
    {
        JsonPath path;
        try
        {
            path = JsonPath.Parse(Encoding.UTF8.GetString(input));
        }
        catch (SyntaxException e)
        {
            e.Message.ShouldNotBeNullOrWhiteSpace();
            return Task.FromResult(false);
        }

        try
        {
            var nodes = path.Select(Document.RootElement);
            if (path.IsSingular)
                nodes.Count.ShouldBeLessThanOrEqualTo(1);
            foreach (var node in nodes)
                node.GetRawText().ShouldNotBeEmpty();
        }
        catch (SyntaxException e)
        {
            e.Message.ShouldBe("visits too many nodes of the document");
        }

        return Task.FromResult(true);
    });
}
