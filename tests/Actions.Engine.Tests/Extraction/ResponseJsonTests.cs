using System.Text;
using Actions.Engine.Response;

namespace Actions.Engine.Tests.Extraction;

public sealed class ResponseJsonTests
{
    [Theory]
    [InlineData("application/json", true)]
    [InlineData("APPLICATION/JSON", true)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("text/json", true)]
    [InlineData("application/problem+json", true)]
    [InlineData("application/vnd.api+JSON; profile=x", true)]
    [InlineData("text/plain", false)]
    [InlineData("application/jsonp", false)]
    [InlineData("application/x-ndjson", false)]
    [InlineData("application/json-seq", false)]
    [InlineData("", false)]
    [InlineData("json", false)]
    [InlineData("application/json, application/json", false)]
    public void NotWanted_ReadOnlyWhereItClaimsToBeJson(string contentType, bool claims)
    {
        using var document = Parse("{}", contentType, wanted: false);

        (document is not null).ShouldBe(claims);
        if (claims)
            Should.Throw<FormatException>(() => Parse("{", contentType, wanted: false));
        else
            Parse("{", contentType, wanted: false).ShouldBeNull();
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("")]
    public void Wanted_ReadWhateverItClaimsToBe(string contentType)
    {
        using var document = Parse("{}", contentType, wanted: true);

        document.ShouldNotBeNull();
        Should.Throw<FormatException>(() => Parse("hello", contentType, wanted: true));
    }

    [Fact]
    public void NoBody_Nothing() => Parse("", "application/json", wanted: true).ShouldBeNull();

    [Fact]
    public void ByteOrderMark_PassedOver()
    {
        using var document = Parse("\ufeff{\"a\":1}", "application/json", wanted: true);

        document!.RootElement.GetProperty("a").GetInt32().ShouldBe(1);
    }

    [Theory]
    [InlineData("\ufeff")]
    [InlineData("\ufeff\ufeff{}")]
    [InlineData("{}\0")]
    [InlineData("{\"a\":1,}")]
    [InlineData("/* c */ {}")]
    [InlineData("'a'")]
    [InlineData("{} {}")]
    public void NoJson_Refused(string body) =>
        Should.Throw<FormatException>(() => Parse(body, "application/json", wanted: false)).Message.ShouldStartWith("it isn't JSON");

    [Theory]
    [InlineData(new byte[] { 0x22, 0xff, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xc0, 0x80, 0x22 })]
    [InlineData(new byte[] { 0x22, 0xed, 0xa0, 0x80, 0x22 })]
    [InlineData(new byte[] { 0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00 })]
    public void InvalidUtf8_Refused(byte[] body) =>
        Should.Throw<FormatException>(() => Parse(body, "application/json", wanted: true)).Message.ShouldBe("it isn't UTF-8");

    [Fact]
    public void Depth_AtMostTheLimit()
    {
        using var document = Parse(new string('[', 64) + new string(']', 64), "application/json", wanted: true);

        document.ShouldNotBeNull();
        Should.Throw<FormatException>(() => Parse(new string('[', 65) + new string(']', 65), "application/json", wanted: true));
    }

    private static System.Text.Json.JsonDocument? Parse(string body, string contentType, bool wanted) =>
        Parse(Encoding.UTF8.GetBytes(body), contentType, wanted);

    private static System.Text.Json.JsonDocument? Parse(byte[] body, string contentType, bool wanted)
    {
        var json = ResponseJson.TryParse(body, contentType, wanted, maxDepth: 64, out var broken);
        return broken is null ? json : throw new FormatException(broken);
    }
}
