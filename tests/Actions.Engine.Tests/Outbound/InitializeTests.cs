using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound;

/// <summary>A live sample, and the request as it may be shown.</summary>
public sealed class InitializeTests : IDisposable
{
    private const int MaxSample = 64 << 10;

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(0, false)]
    [InlineData(MaxSample, false)]
    [InlineData(MaxSample + 1, true)]
    [InlineData(1 << 20, true)]
    public async Task SampleBody_CutAt64KiB(int length, bool truncated)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(new string('x', length), "text/plain"));

        var sample = (await _engine.InitializeAsync(Configs.Get(upstream.Url))).Sample;

        sample.Body.ToStringUtf8().ShouldBe(new string('x', Math.Min(length, MaxSample)));
        sample.BodyTruncated.ShouldBe(truncated);
        (sample.StatusCode, sample.ContentType).ShouldBe((200, "text/plain"));
    }

    [Theory]
    [InlineData("200 OK", 100, true)]
    [InlineData("200 OK", 101, false)]
    [InlineData("404 Not Found", 101, true)]
    public async Task BodyBeyondTheLimit_FailsAsItDoesInAnExecution(string status, int length, bool sampled)
    {
        await using var upstream =
            RawUpstream.Answering(RawUpstream.Response(new string('x', length), "text/plain", status));
        var config = Configs.Get(upstream.Url);
        config.ResponsePolicy = new ResponsePolicy { MaxBodyBytes = 100 };

        var response = await _engine.InitializeAsync(config);
        var outcome = await _engine.OutcomeAsync(config);

        (response.Sample is not null).ShouldBe(sampled);
        if (sampled)
            return;
        var (shown, executed) = (response.Failure, outcome.Failure);
        (shown.Reason, shown.Detail).ShouldBe((executed.Reason, executed.Detail));
        (shown.Reason, shown.ContentType).ShouldBe((FailureReason.ResponseTooLarge, "text/plain"));
    }

    [Theory]
    [InlineData("404 Not Found", "application/json", "{\"error\": \"gone\"}")]
    [InlineData("302 Found", "text/html", "<html>")]
    [InlineData("200 OK", "application/json", "{\"cut")]
    public async Task WhateverIsAnswered_Sample(string status, string type, string body)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(body, type, status));

        var response = await _engine.InitializeAsync(Configs.Get(upstream.Url).Selecting("a", "$.a", required: true));

        response.OutcomeCase.ShouldBe(InitializeResponse.OutcomeOneofCase.Sample);
        response.Sample.StatusCode.ToString(System.Globalization.CultureInfo.InvariantCulture).ShouldBe(status[..3]);
        response.Sample.Body.ToStringUtf8().ShouldBe(body);
    }

    [Fact]
    public async Task NoAnswer_FailureWithTheRequest()
    {
        await using var upstream = new RawUpstream(connection => connection.ReadRequestAsync());
        var config = Configs.Get(upstream.Url);
        config.Messages = new Messages { FailureMessage = "That didn't work." };

        var response = await _engine.InitializeAsync(config);

        response.Failure.Reason.ShouldBe(FailureReason.Connection);
        response.Failure.Message.ShouldBe("That didn't work.");
        response.Failure.ShouldBeWithoutAnswer(retryable: true);
        response.Request.Url.ShouldBe($"{upstream.Url}/");
        upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Clock_GivesTimeAndLatency()
    {
        var clock = new FakeClock();
        using var engine = new EngineUnderTest(clock);
        await using var upstream = RawUpstream.Answering(_ =>
        {
            clock.Advance(TimeSpan.FromMilliseconds(250));
            return RawUpstream.Response("{}");
        });

        var sample = (await engine.InitializeAsync(Configs.Get(upstream.Url))).Sample;

        sample.Latency.ShouldBe(Duration.FromTimeSpan(TimeSpan.FromMilliseconds(250)));
        sample.Time.ShouldBe(Timestamp.FromDateTimeOffset(clock.GetUtcNow()));
    }

    [Fact]
    public async Task RequestShown_IsWhatWasSent()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Configs.With(HttpMethod.Put, $"{upstream.Url}/a/{{id}}?q=<id>");
        config.Request.QueryParameters.Add(new QueryParameter { Name = "p", Value = "{{id}}" });
        config.Request.Headers.Add(new Header { Name = "X-Id", Value = "{id}" });
        config.Request.JsonBody = """{"id": "{id}"}""";

        var shown = (await _engine.InitializeAsync(config, Configs.Values(("id", "1 ä")))).Request;

        var sent = await upstream.NextRequestAsync(_engine.Token);
        shown.Method.ShouldBe(HttpMethod.Put);
        shown.Url.ShouldBe(upstream.Url + sent.Target);
        shown.Body.ShouldBe(sent.Text);
        foreach (var header in shown.Headers)
            sent.Header(header.Name).ShouldBe(header.Value);
        shown.Headers.Select(header => header.Name).ShouldBe(
            ["X-Id", "Accept", "Accept-Encoding", "User-Agent", "Content-Type"]);
    }

    public static TheoryData<string, Action<HttpRequest>> Bodies => new()
    {
        { "JSON", request => request.JsonBody = """{"typed": "{secret}", "text": "is <secret>"}""" },
        { "a form", request => request.FormBody = new FormBody { Fields = { new QueryParameter { Name = "s", Value = "{secret}" } } } },
        { "a text", request => request.TextBody = new TextBody { Text = "{{secret}}", ContentType = "text/plain" } },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task SensitiveVariable_MaskedInEveryPlaceButSent(string what, Action<HttpRequest> setBody)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Configs.With(HttpMethod.Post, $"{upstream.Url}/{{secret}}/{{open}}?q={{secret}}");
        config.Request.QueryParameters.Add(new QueryParameter { Name = "p", Value = "{secret}" });
        config.Request.Headers.Add(new Header { Name = "X-Secret", Value = "Bearer {secret}" });
        config.Variables.Add(new Variable { Name = "secret", Sensitive = true, Type = VariableType.Integer });
        setBody(config.Request);
        var values = new Dictionary<string, Value> { ["secret"] = Value.ForNumber(271828), ["open"] = Value.ForString("seen") };

        var shown = (await _engine.InitializeAsync(config, values)).Request;

        shown.ToString().ShouldNotContain("271828", customMessage: what);
        shown.Url.ShouldBe($"{upstream.Url}/MASKED/seen?q=MASKED&p=MASKED");
        shown.Headers.Single(header => header.Name == "X-Secret").Value.ShouldBe("Bearer MASKED");
        shown.Body.ShouldContain("MASKED");
        var sent = await upstream.NextRequestAsync(_engine.Token);
        sent.Target.ShouldBe("/271828/seen?q=271828&p=271828");
        sent.Header("X-Secret").ShouldBe("Bearer 271828");
        sent.Text.ShouldContain("271828");
    }

    [Fact]
    public async Task MaskLongerThanTheValue_DoesNotCountAgainstTheLimits()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var config = Configs.Get($"{upstream.Url}/{{pin}}");
        config.Variables.Add(new Variable { Name = "pin", Sensitive = true });
        using var engine = new EngineUnderTest(
            options: new EngineOptions { MaxRenderedUrlLength = upstream.Url.Length + 2 });

        var response = await engine.InitializeAsync(config, Configs.Values(("pin", "1")));

        response.Request.Url.ShouldBe($"{upstream.Url}/MASKED");
    }

    [Fact]
    public async Task VariableMissing_ThrownBeforeAnythingIsSent()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));

        var refused = await Should.ThrowAsync<InvalidFieldsException>(
            () => _engine.InitializeAsync(Configs.Get($"{upstream.Url}/{{id}}")));

        refused.Violations.ShouldHaveSingleItem().ShouldBe(new FieldViolation(
            "variables.id", "has no value; pass one with the call, or declare a default in the action.", IsMissingVariable: true));
        upstream.Requests.ShouldBeEmpty();
    }
}
