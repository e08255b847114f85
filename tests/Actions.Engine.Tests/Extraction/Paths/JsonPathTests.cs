using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;

namespace Actions.Engine.Tests.Extraction.Paths;

public sealed class JsonPathTests
{
    private const string Document =
        """{"a":{"b":[10,[20,30],{"c d":null}]},"":{"'":1,"\"":2,"\\":3},"\u00e4":4,"\ud83d\ude00":5,"0":6,"dup":7,"dup":8,"n\n":9}""";

    [Theory]
    [InlineData("$.a.b[0]", "10")]
    [InlineData("$.a.b[1][1]", "30")]
    [InlineData("$.a.b[-1]", """{"c d":null}""")]
    [InlineData("$.a.b[-3]", "10")]
    [InlineData("$['a']['b'][1]", "[20,30]")]
    [InlineData("$.a[\"b\"][2]['c d']", "null")]
    [InlineData("$ . a", null, "unexpected white space")]
    [InlineData("$ .a [ 'b' ] \t\r\n[ 0 ]", "10")]
    [InlineData("$['']['\\'']", "1")]
    [InlineData("$[\"\"]['\"']", "2")]
    [InlineData("$['']['\\\\']", "3")]
    [InlineData("$.\u00e4", "4")]
    [InlineData("$['\\u00E4']", "4")]
    [InlineData("$.\ud83d\ude00", "5")]
    [InlineData("$['\\ud83d\\ude00']", "5")]
    [InlineData("$['0']", "6")]
    [InlineData("$.dup", "8")]
    [InlineData("$['n\\n']", "9")]
    public void Path_SelectsTheNode(string path, string? json, string? refused = null)
    {
        using var document = JsonDocument.Parse(Document);
        if (refused is not null)
            Should.Throw<SyntaxException>(() => JsonPath.Parse(path), refused);
        else
            JsonPath.Parse(path).Select(document.RootElement).ShouldHaveSingleItem().GetRawText().ShouldBe(json);
    }

    [Theory]
    [InlineData("$.b")]
    [InlineData("$.A")]
    [InlineData("$.a.b.c")]
    [InlineData("$.a[0]")]
    [InlineData("$.a.b['0']")]
    [InlineData("$.a.b[3]")]
    [InlineData("$.a.b[-4]")]
    [InlineData("$.a.b[9007199254740991]")]
    [InlineData("$.a.b[-9007199254740991]")]
    [InlineData("$.a.b[4294967296]")]
    [InlineData("$.a.b[0][0]")]
    [InlineData("$.a.b[2]['c d'].x")]
    [InlineData("$['\\u0000']")]
    public void PathToNothing_SelectsNothing(string path)
    {
        using var document = JsonDocument.Parse(Document);

        JsonPath.Parse(path).Select(document.RootElement).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "must start with '$'")]
    [InlineData("a", "must start with '$'")]
    [InlineData("@.a", "must start with '$'")]
    [InlineData("$ ", "ends in white space (character 2)")]
    [InlineData("$a", "has an unexpected 'a' (character 2)")]
    [InlineData("$.", "has no valid name after a '.'; write ['…'] for others (character 3)")]
    [InlineData("$.a.", "has no valid name after a '.'; write ['…'] for others (character 5)")]
    [InlineData("$.a-b", "has an unexpected '-' (character 4)")]
    [InlineData("$.0", "has no valid name after a '.'; write ['…'] for others (character 3)")]
    [InlineData("$['a", "misses a closing quote (character 5)")]
    [InlineData("$['a'", "misses a ']' (character 6)")]
    [InlineData("$[0", "misses a ']' (character 4)")]
    [InlineData("$[]", "has no selector (a quoted name, an index, a slice, '*' or '?') (character 3)")]
    [InlineData("$[a]", "has no selector (a quoted name, an index, a slice, '*' or '?') (character 3)")]
    [InlineData("$[01]", "has no valid integer (character 5)")]
    [InlineData("$[-0]", "has no valid integer (character 5)")]
    [InlineData("$[-]", "has no valid integer (character 4)")]
    [InlineData("$[9007199254740992]", "has no valid integer (character 19)")]
    [InlineData("$[99999999999999999999]", "has no valid integer (character 23)")]
    [InlineData("$['\\x']", "has an unknown escape (character 6)")]
    [InlineData("$['\\u12']", "has an incomplete \\u escape (character 6)")]
    [InlineData("$['\\ud800']", "has half a surrogate pair (character 10)")]
    [InlineData("$['\n']", "has a control character in a string (character 4)")]
    public void PathBroken_RefusedSayingWhere(string path, string message) =>
        Should.Throw<SyntaxException>(() => JsonPath.Parse(path)).Message.ShouldBe(message);
}
