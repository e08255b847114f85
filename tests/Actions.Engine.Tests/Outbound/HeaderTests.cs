using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound;

/// <summary>Headers as they arrive at an API.</summary>
public sealed class HeaderTests : IAsyncLifetime
{
    private readonly EngineUnderTest _engine = new();
    private readonly RawUpstream _upstream = RawUpstream.Answering(RawUpstream.Response("{}"));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _engine.Dispose();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task HandWrittenHeaders_ReplaceTheDefaults()
    {
        var config = WithHeaders(("accept", "text/csv"), ("USER-AGENT", "curl/8 {who}"), ("X-Trace", "<who>"));

        var request = await SendAsync(config, Configs.Values(("who", "me")));

        request.Header("Accept").ShouldBe("text/csv");
        request.Header("User-Agent").ShouldBe("curl/8 me");
        request.Header("X-Trace").ShouldBe("me");
    }

    [Fact]
    public async Task SameHeaderTwice_BothValuesArriveInOrder()
    {
        var request = await SendAsync(WithHeaders(("X-Tag", "a"), ("X-Tag", "b")));

        string.Join(", ", request.All("X-Tag")).ShouldBe("a, b");
    }

    [Theory]
    [InlineData("")]
    [InlineData("  spaces and\ttab  ")]
    [InlineData("\u00e9 \u65e5\u672c \ud83d\ude00")]
    [InlineData("\"quoted\", (comment); a=b")]
    [InlineData("\u0001\u001f\u007f\u0085")]
    public async Task HeaderValue_ArrivesByteByByteInUtf8(string value)
    {
        var request = await SendAsync(WithHeaders(("X-Value", "{value}")), Configs.Values(("value", value)));

        request.Header("X-Value").ShouldBe(value);
    }

    [Fact]
    public async Task ContentTypeBesideJson_Overrides()
    {
        var config = WithHeaders(("content-type", "application/vnd.api+json"));
        config.Request.Method = HttpMethod.Post;
        config.Request.JsonBody = "{}";

        (await SendAsync(config)).Header("Content-Type").ShouldBe("application/vnd.api+json");
    }

    [Fact]
    public async Task ContentTypeWithoutBody_Sent()
    {
        var request = await SendAsync(WithHeaders(("Content-Type", "application/json")));

        request.Header("Content-Type").ShouldBe("application/json");
        request.Body.ShouldBeEmpty();
    }

    [Fact]
    public async Task IdempotencyKey_SentInPlaceOfAHandWrittenOne()
    {
        var config = WithHeaders(("idempotency-key", "by hand"));

        (await SendAsync(config)).All("Idempotency-Key").ShouldBe(["by hand"]);
        (await SendAsync(config, idempotencyKey: "0b5c 9~!")).All("Idempotency-Key").ShouldBe(["0b5c 9~!"]);
        (await SendAsync(Configs.Get(_upstream.Url))).Header("Idempotency-Key").ShouldBeNull();
    }

    [Theory]
    [InlineData("tab\t")]
    [InlineData("line\r\nX-Evil: 1")]
    [InlineData("\u00e9")]
    public async Task IdempotencyKeyNotVisibleAscii_Refused(string key)
    {
        var refused = await Should.ThrowAsync<InvalidFieldsException>(
            () => SendAsync(Configs.Get(_upstream.Url), idempotencyKey: key));

        refused.Violations.ShouldHaveSingleItem().Field.ShouldBe("idempotency_key");
        _upstream.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task IdempotencyKeyLength_AtMost255()
    {
        (await SendAsync(Configs.Get(_upstream.Url), idempotencyKey: new string('k', 255)))
            .Header("Idempotency-Key")!.Length.ShouldBe(255);
        (await Should.ThrowAsync<InvalidFieldsException>(
            () => SendAsync(Configs.Get(_upstream.Url), idempotencyKey: new string('k', 256))))
            .Violations.ShouldHaveSingleItem().Field.ShouldBe("idempotency_key");
    }

    private ActionConfig WithHeaders(params (string Name, string Value)[] headers)
    {
        var config = Configs.Get(_upstream.Url);
        config.Request.Headers.Add(headers.Select(header => new Header { Name = header.Name, Value = header.Value }));
        return config;
    }

    private async Task<RawRequest> SendAsync(
        ActionConfig config, IReadOnlyDictionary<string, Value>? variables = null, string idempotencyKey = "")
    {
        var outcome = await _engine.OutcomeAsync(config, variables, idempotencyKey);
        outcome.Result.ShouldNotBeNull(outcome.ToString());
        return await _upstream.NextRequestAsync(_engine.Token);
    }
}
