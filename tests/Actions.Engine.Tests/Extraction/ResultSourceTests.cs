using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Extraction;

/// <summary>Where results come from, and what a body is taken for.</summary>
public sealed class ResultSourceTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Status_ANumber()
    {
        await using var api = RawUpstream.Answering("HTTP/1.1 204 No Content\r\n\r\n");

        (await _engine.ResultAsync(Configs.Get(api.Url).WithSource("status", "status", required: true)))
            .Variables["status"].ShouldBe(Value.ForNumber(204));
    }

    [Theory]
    [InlineData("header:Location", "/orders/7")]
    [InlineData("header:location", "/orders/7")]
    [InlineData("header:X-Tag", "a, b, c")]
    [InlineData("header:Content-Type", "text/plain")]
    [InlineData("header:Content-Length", "2")]
    [InlineData("header:X-Empty", "")]
    [InlineData("header:X-Name", "größe")]
    [InlineData("header:Set-Cookie", "a=1; Path=/, b=2")]
    [InlineData("header:Retry-After", "soon")]
    public async Task Header_ItsValuesJoined(string source, string value)
    {
        await using var api = RawUpstream.Answering(
            "HTTP/1.1 201 Created\r\nLocation: /orders/7\r\nX-Tag: a\r\nContent-Type: text/plain\r\nx-tag: b, c\r\nX-Empty:\r\n"
            + "X-Name: größe\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\nRetry-After: soon\r\nContent-Length: 2\r\n\r\nok");

        var result = await _engine.ResultAsync(Configs.Get(api.Url).WithSource("it", source, required: true));

        result.Variables["it"].ShouldBe(Value.ForString(value));
        result.Body.ShouldBeEmpty();
    }

    [Fact]
    public async Task HeaderMissing_DefaultOrLeftOutOrMissingResult()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("hello", "text/plain"));

        var result = await _engine.ResultAsync(
            Configs.Get(api.Url).WithSource("a", "header:X-A", otherwise: Value.ForString("none")).WithSource("b", "header:X-B"));
        var failure = await _engine.FailureAsync(Configs.Get(api.Url).WithSource("c", "header:X-C", required: true));

        result.Variables.ShouldHaveSingleItem().ShouldBe(new("a", Value.ForString("none")));
        (failure.Reason, failure.StatusCode).ShouldBe((FailureReason.MissingResult, 200));
        failure.Detail.ShouldBe("The response has no value at header:X-C, which the variable 'c' requires.");
    }

    [Fact]
    public async Task HeadersOnly_BodyNeedNotBeJson()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("hello", "text/plain"));

        (await _engine.ResultAsync(Configs.Get(api.Url).WithSource("status", "status"))).Variables.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("$.items[*].id", "[1,2]")]
    [InlineData("$..id", "[1,2]")]
    [InlineData("$.items[0:1].id", "[1]")]
    [InlineData("$.items[0]['id','name']", "[1,\"a\"]")]
    [InlineData("$.items[0].id", "1")]
    [InlineData("$.items[-1].id", "2")]
    [InlineData("$.big", "\"12345678901234567890\"")]
    [InlineData("$.items[?@.big == 12345678901234567891].big", "[\"12345678901234567891\"]")]
    public async Task Path_OneNodeItsValueAnyOtherAnArray(string path, string json)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(
            """{"items": [{"id": 1, "name": "a", "big": 12345678901234567891}, {"id": 2, "name": null}], "big": 12345678901234567890}"""));

        var result = await _engine.ResultAsync(Configs.Get(api.Url).Selecting("it", path, required: true));

        result.Variables["it"].ShouldBe(Google.Protobuf.JsonParser.Default.Parse<Value>(json));
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("text/html; charset=utf-8")]
    [InlineData("application/octet-stream")]
    [InlineData("nonsense")]
    public async Task JsonUnderAnotherName_ReadWhenFieldsAreSelected(string type)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"a": 1}""", type));

        (await _engine.ResultAsync(Configs.Get(api.Url).Selecting("a", "$.a"))).Variables["a"].NumberValue.ShouldBe(1);
    }

    [Fact]
    public async Task NoContentType_ReadWhenFieldsAreSelected()
    {
        await using var api = RawUpstream.Answering("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n{\"a\":1}");

        (await _engine.ResultAsync(Configs.Get(api.Url).Selecting("a", "$.a"))).Variables["a"].NumberValue.ShouldBe(1);
    }

    [Theory]
    [InlineData("hello", "text/plain", false)]
    [InlineData("<html>", "text/html", false)]
    [InlineData("{cut", "text/plain", false)]
    [InlineData("{cut", "application/json", false)]
    [InlineData("{cut", "application/json", true)]
    [InlineData("hello", "text/plain", true)]
    [InlineData("", "application/json", false)]
    [InlineData("", "application/json", true)]
    public async Task NothingRequired_ResultWhateverTheBody(string body, string type, bool selects)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(body, type));
        var config = Configs.Get(api.Url);
        if (selects)
            config.Selecting("a", "$.a");

        var outcome = await _engine.OutcomeAsync(config);

        outcome.Result.ShouldNotBeNull(outcome.ToString());
        (outcome.Result!.Body.ToStringUtf8(), outcome.Result.ContentType).ShouldBe((selects ? "" : body, type));
        outcome.Result.Warnings.Count.ShouldBe(body == "{cut" && type == "application/json" ? 1 : 0);
    }

    [Theory]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n")]
    public async Task EmptyBody_MissingResultOrDefaults(string answer)
    {
        await using var api = RawUpstream.Answering(answer);

        var failure = await _engine.FailureAsync(Configs.Get(api.Url).Selecting("a", "$.a", required: true));
        var result = await _engine.ResultAsync(Configs.Get(api.Url).Selecting("a", "$.a", required: true, otherwise: Value.ForNumber(7)).Selecting("b", "$.b"));

        failure.Reason.ShouldBe(FailureReason.MissingResult);
        result.Variables.ShouldHaveSingleItem().ShouldBe(new("a", Value.ForNumber(7)));
    }
}
