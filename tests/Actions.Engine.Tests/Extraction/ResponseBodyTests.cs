using System.Text;
using Actions.Engine.Decoding;
using Actions.Engine.Extraction.Paths;
using Actions.Engine.Response;

namespace Actions.Engine.Tests.Extraction;

/// <summary>What a body is read as, whatever it is called.</summary>
public sealed class ResponseBodyTests
{
    [Theory]
    [InlineData("application/json", true)]
    [InlineData("APPLICATION/JSON", true)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("text/json", true)]
    [InlineData("application/problem+json", true)]
    [InlineData("application/vnd.api+JSON; profile=x", true)]
    [InlineData("application/json, application/json", true)]
    [InlineData("application/json charset=utf-8", true)]
    [InlineData("application/json;", true)]
    [InlineData("text/plain", false)]
    [InlineData("application/jsonp", false)]
    [InlineData("application/x-ndjson", false)]
    [InlineData("application/json-seq", false)]
    [InlineData("", false)]
    [InlineData("json", false)]
    public void ClaimToBeJson_ByContentTypeAlone(string contentType, bool claims)
    {
        ContentType.Parse(contentType).ClaimsJson.ShouldBe(claims);

        using var broken = Body("{"u8.ToArray(), contentType);
        broken.Problems.Any(problem => problem.StartsWith("it isn't JSON", StringComparison.Ordinal)).ShouldBe(claims);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("")]
    [InlineData("application/json")]
    [InlineData("application/x-ndjson")]
    public void Json_ReadWhateverItClaimsToBe(string contentType)
    {
        using var body = Body("{}"u8.ToArray(), contentType);

        body.Json.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \r\n\t")]
    [InlineData("\ufeff")]
    [InlineData("\ufeff \n")]
    public void Blank_NothingAndNoProblem(string text)
    {
        using var body = Body(Encoding.UTF8.GetBytes(text), "application/json");

        (body.IsBlank, body.Json.HasValue, body.Text, body.Xml).ShouldBe((true, false, null, null));
        body.Problems.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("\ufeff{\"a\":1}")]
    [InlineData(")]}'\n{\"a\":1}")]
    [InlineData(")]}',\n\n{\"a\":1}")]
    [InlineData("\ufeff)]}'\r\n{\"a\":1}")]
    [InlineData(" \n{\"a\":1}\r\n")]
    public void PrefixOfJson_PassedOver(string text)
    {
        using var body = Body(Encoding.UTF8.GetBytes(text), "application/json");

        body.Json!.Value.GetProperty("a").GetInt32().ShouldBe(1);
    }

    [Theory]
    [InlineData("\ufeff\ufeff{}")]
    [InlineData("{}\0")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("/* c */ {}")]
    [InlineData("'a'")]
    [InlineData("{} {}")]
    [InlineData("{}\n{}")]
    [InlineData("callback({})")]
    public void NoJson_Refused(string text)
    {
        using var body = Body(Encoding.UTF8.GetBytes(text), "application/json");

        body.Json.ShouldBeNull();
        body.NotJson.ShouldStartWith("isn't JSON");
    }

    [Fact]
    public void Depth_AtMostTheLimit()
    {
        using var fits = Body(Encoding.UTF8.GetBytes(new string('[', 64) + new string(']', 64)), "");
        using var deeper = Body(Encoding.UTF8.GetBytes(new string('[', 65) + new string(']', 65)), "");

        fits.Json.ShouldNotBeNull();
        deeper.Json.ShouldBeNull();
    }

    [Theory]
    [InlineData("""["\ud83d\ude00"]""", "\ud83d\ude00")]
    [InlineData("""["\ud83d"]""", "\ufffd")]
    [InlineData("""["\uDE00x"]""", "\ufffdx")]
    [InlineData("""["\ud83d\ud83d\ude00"]""", "\ufffd\ud83d\ude00")]
    [InlineData("""["\\ud83d"]""", "\\ud83d")]
    [InlineData("""["\ud83d\n"]""", "\ufffd\n")]
    [InlineData("""["\\\ud83d"]""", "\\\ufffd")]
    public void HalfASurrogatePair_Replaced(string json, string text)
    {
        using var body = Body(Encoding.UTF8.GetBytes(json), "application/json");

        body.Json!.Value[0].GetString().ShouldBe(text);
    }

    private static ResponseBody Body(byte[] body, string contentType) =>
        new(body, contentType, maxDepth: 64, new WorkBudget());
}
