using System.Text.Json;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Syntax;

namespace Actions.Engine.Tests.Extraction.Paths;

/// <summary>A filter expression that stands alone: <c>@</c> and <c>$</c> are both the document.</summary>
public sealed class ConditionTests
{
    private const string Document = """
        {"success": false, "code": "E42", "n": 7, "none": null, "list": [1, 2, 3], "sub": {"ok": true}, "text": "größe 😀", "huge": [1e99999999999]}
        """;

    [Theory]
    [InlineData("@.success == false", true)]
    [InlineData("?@.success == false", true)]
    [InlineData("  ? @.success==false  ", true)]
    [InlineData("$.success == false", true)]
    [InlineData("@.success == true", false)]
    [InlineData("@.success", true)]
    [InlineData("!@.success", false)]
    [InlineData("@.missing", false)]
    [InlineData("!@.missing", true)]
    [InlineData("@.none", true)]
    [InlineData("@.none == null", true)]
    [InlineData("@.missing == null", false)]
    [InlineData("@.missing == @.gone", true)]
    [InlineData("@.n > 6 && @.n <= 7", true)]
    [InlineData("@.n < 7 || @.code == 'E42'", true)]
    [InlineData("@.n < 7 || @.code == 'E42' && @.n == 8", false)]
    [InlineData("(@.n < 7 || @.code == 'E42') && !(@.n == 8)", true)]
    [InlineData("@.n == 7.0", true)]
    [InlineData("@.n == 0.7e1", true)]
    [InlineData("@.n == 1e99999999999", false)]
    [InlineData("@.huge == $.huge", true)]
    [InlineData("@.n == '7'", false)]
    [InlineData("match(@.code, 'E[0-9]+')", true)]
    [InlineData("match(@.code, '[0-9]+')", false)]
    [InlineData("search(@.code, '[0-9]+')", true)]
    [InlineData("search(@.n, '7')", false)]
    [InlineData("match(@.code, '(')", false)]
    [InlineData("length(@.list) == 3", true)]
    [InlineData("length(@.text) == 7", true)]
    [InlineData("length(@.sub) == 1", true)]
    [InlineData("length(@.n) == 1", false)]
    [InlineData("count(@.list[*]) > 2", true)]
    [InlineData("value(@..ok) == true", true)]
    [InlineData("@.list[?@ > 2]", true)]
    [InlineData("@.list[?@ > 3]", false)]
    [InlineData("@.list == $.list", true)]
    [InlineData("@['sub']['ok'] == true", true)]
    [InlineData("@.list[-1] == 3", true)]
    [InlineData("@", true)]
    public void Holds_OrNot(string filter, bool holds)
    {
        using var document = JsonDocument.Parse(Document);

        Condition.Parse(filter).Matches(document.RootElement).ShouldBe(holds);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("\"text\"")]
    [InlineData("[]")]
    [InlineData("7")]
    public void DocumentThatIsNoObject_HasNoMembers(string json)
    {
        using var document = JsonDocument.Parse(json);

        Condition.Parse("@.success == false").Matches(document.RootElement).ShouldBeFalse();
        Condition.Parse($"@ == {(json == "[]" ? "$" : json)}").Matches(document.RootElement).ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("?")]
    [InlineData("  ")]
    [InlineData("success == false")]
    [InlineData("@.success = false")]
    [InlineData("@.success == False")]
    [InlineData("@.success == false)")]
    [InlineData("(@.success == false")]
    [InlineData("@.success == false @.n")]
    [InlineData("@.success === false")]
    [InlineData("@.success and @.n")]
    [InlineData("@.list[*] == 1")]
    [InlineData("true")]
    [InlineData("'text'")]
    [InlineData("length(@.list)")]
    [InlineData("match(@.code, 'a') == true")]
    [InlineData("match(@.code)")]
    [InlineData("count(1) == 1")]
    [InlineData("exists(@.a)")]
    [InlineData("@.a == {}")]
    [InlineData("@.a == 01")]
    [InlineData("??@.a")]
    [InlineData("$[?@.a]]")]
    public void NoFilter_Refused(string filter) =>
        Should.Throw<SyntaxException>(() => Condition.Parse(filter)).Message.ShouldMatch(@"\(character \d+\)$");
}
