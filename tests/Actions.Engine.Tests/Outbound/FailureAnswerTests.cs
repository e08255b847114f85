using System.Text;
using Actions.Engine.Tests.Outbound.Attempts;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound;

/// <summary>What a Failure carries of the API's own words.</summary>
public sealed class FailureAnswerTests : IDisposable
{
    private const string Secret = "hunter2-hunter2";

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(BodyView.Unspecified, false, true)]
    [InlineData(BodyView.Unspecified, true, false)]
    [InlineData(BodyView.None, false, false)]
    [InlineData(BodyView.Full, true, true)]
    public async Task BodyView_AsForAResult(BodyView view, bool selects, bool carries)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"detail": "no"}""", "application/problem+json", "400 Bad Request"));
        var config = WithDetail(api);
        if (selects)
            config.Selecting("a", "$.a");

        var failure = (await _engine.OutcomeAsync(config, bodyView: view)).Failure;

        failure.Body.ToStringUtf8().ShouldBe(carries ? """{"detail": "no"}""" : "");
        (failure.ContentType, failure.BodyTruncated).ShouldBe(("application/problem+json", false));
        failure.Variables.ShouldHaveSingleItem().ShouldBe(new("detail", Value.ForString("no")));
    }

    [Fact]
    public async Task SecretsAndSensitiveValues_Masked()
    {
        await using var api = RawUpstream.Answering(request => RawUpstream.Response(
            $$"""{"detail": "key {{request.Header("X-Key")}} of {{request.Target[1..]}}"}""", $"text/plain; a={Secret}", "403 Forbidden"));
        var config = WithDetail(api);
        config.Request.Url = $"{api.Url}/{{id}}";
        config.Variables.Add(new Variable { Name = "id", Sensitive = true });
        config.Authentication =
            new V1.Authentication { ApiKey = new ApiKey { Name = "X-Key", Value = new Secret { Plaintext = Secret } } };

        var failure = await _engine.FailureAsync(config, Configs.Values(("id", "4711-4711")));

        failure.Variables["detail"].StringValue.ShouldBe("key MASKED of MASKED");
        failure.Body.ToStringUtf8().ShouldBe("""{"detail": "key MASKED of MASKED"}""");
        failure.ContentType.ShouldBe("text/plain; a=MASKED");
    }

    [Theory]
    [InlineData(64 << 10, false)]
    [InlineData((64 << 10) + 1, true)]
    [InlineData(1_000_000, true)]
    [InlineData(2_000_000, true)]
    public async Task Body_AtMost64KiB(int length, bool truncated)
    {
        await using var api =
            RawUpstream.Answering(RawUpstream.Response(new string('x', length), "text/plain", "500 Oops"));

        var failure = await _engine.FailureAsync(Configs.Get(api.Url));

        (failure.Reason, failure.Body.Length, failure.BodyTruncated).ShouldBe(
            (FailureReason.HttpStatus, Math.Min(length, 64 << 10), truncated));
    }

    [Fact]
    public async Task ErrorFields_AtMost64KiBTogether()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(
            $$"""{"a": "{{new string('x', 60_000)}}", "b": "{{new string('y', 60_000)}}", "c": "short"}""", status: "500 Oops"));
        var config = Configs.Get(api.Url);
        foreach (var name in (string[])["a", "b", "c"])
            config.ErrorFields.Add(new ResultField { Variable = name, JsonPath = $"$.{name}" });

        (await _engine.FailureAsync(config)).Variables.Keys.ShouldBe(["a", "c"], ignoreOrder: true);
    }

    [Fact]
    public async Task AfterRetries_TheLastAttempts()
    {
        await using var api = Answers.InTurn(
            RawUpstream.Response("""{"detail": "first"}""", status: "503 Busy"), RawUpstream.Response("""{"detail": "last"}""", status: "503 Busy"));
        var config = Answers.Retrying(api, attempts: 2);
        config.ErrorFields.Add(new ResultField { Variable = "detail", JsonPath = "$.detail" });

        var failure = await _engine.FailureAsync(config);

        (failure.Attempts, failure.Variables["detail"].StringValue).ShouldBe((2, "last"));
    }

    public static TheoryData<string, string, Action<ActionConfig>, FailureReason> OtherReasons => new()
    {
        {
            """{"detail": "no", "ok": false}""", "application/json",
            config => config.ResponsePolicy = new ResponsePolicy { Rules =
                { new OutcomeRule { Filter = "@.ok == false", Outcome = Outcome.Failure } } },
            FailureReason.OutcomeRule
        },
        { """{"detail": "no"}""", "application/json", config => config.Selecting("id", "$.id", required: true), FailureReason.MissingResult },
        { """{"detail": "no"}""", "text/plain", config => config.Results.Add(new ResultField { Variable = "x", Xpath = "/x", Required = true }), FailureReason.MissingResult },
        { """{"detail": "no"}""", "application/json", config => config.ResponsePolicy = new ResponsePolicy { SuccessStatuses = { "201" } }, FailureReason.HttpStatus },
    };

    [Theory]
    [MemberData(nameof(OtherReasons))]
    public async Task AnyReasonWithAResponse_CarriesIt(
        string body, string type, Action<ActionConfig> change, FailureReason reason)
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(body, type));
        var config = WithDetail(api);
        change(config);

        var failure = (await _engine.OutcomeAsync(config, bodyView: BodyView.Full)).Failure;

        (failure.Reason, failure.Body.ToStringUtf8(), failure.ContentType).ShouldBe((reason, body, type));
        failure.Variables["detail"].StringValue.ShouldBe("no");
    }

    [Fact]
    public async Task NoResponse_Nothing()
    {
        await using var api = new RawUpstream(connection => connection.ReadRequestAsync());

        var failure = await _engine.FailureAsync(WithDetail(api));

        (failure.Body.Length, failure.ContentType, failure.Variables.Count).ShouldBe((0, "", 0));
    }

    [Theory]
    [InlineData(1_500)]
    [InlineData(10_000)]
    public async Task ErrorBodyThatNeverEnds_StillTheStatusAndSoon(int timeoutMs)
    {
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync(
                "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\nhalf");
            await connection.HoldAsync();
        });
        var config = Configs.Get(api.Url);
        config.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(timeoutMs));
        var began = TimeProvider.System.GetTimestamp();

        var failure = await _engine.FailureAsync(config);

        (failure.Reason, failure.StatusCode, failure.ContentType, failure.BodyTruncated).ShouldBe(
            (FailureReason.HttpStatus, 400, "text/plain", true));
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(8));
    }

    [Fact]
    public async Task ErrorBodyThatBreaksOff_StillTheStatus()
    {
        await using var api = RawUpstream.AnsweringOnce("HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\nhalf");

        (await _engine.FailureAsync(Configs.Get(api.Url))).Reason.ShouldBe(FailureReason.HttpStatus);
    }

    [Fact]
    public async Task InitializeOfAnUndecodableBody_TheSameFailureAsExecute()
    {
        await using var api = RawUpstream.Answering(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: zstd\r\nContent-Length: 2\r\n\r\nok");

        var failure = (await _engine.InitializeAsync(Configs.Get(api.Url))).Failure;

        (failure.Reason, failure.ContentType).ShouldBe((FailureReason.InvalidResponse, "text/plain"));
        failure.Detail.ShouldBe((await _engine.FailureAsync(Configs.Get(api.Url))).Detail);
    }

    [Fact]
    public async Task RuleMessage_MayUseErrorFieldsAndHasNoC1Controls()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response("""{"detail": "It\u0092s \u0085"}""", status: "409 Conflict"));
        var config = WithDetail(api);
        config.ResponsePolicy = new ResponsePolicy
        {
            Rules = { new OutcomeRule { Status = "409", Outcome = Outcome.Failure, Message =
                "Sorry: {detail} {said}" } },
        };

        (await _engine.FailureAsync(config, Configs.Values(("said", "a\u0092b")))).Message.ShouldBe(
            "Sorry: It’s … a’b");
    }

    [Theory]
    [InlineData("header:X-Name", "caf\u00e9")]
    [InlineData("header:X-Utf8", "café")]
    [InlineData("header:X-Control", "a\u0085b")]
    public async Task HeaderBytes_Kept(string source, string value)
    {
        await using var api = RawUpstream.AnsweringOnce(Encoding.Latin1.GetBytes(
            "HTTP/1.1 200 OK\r\nX-Name: caf\u00e9\r\nX-Utf8: caf\u00c3\u00a9\r\nX-Control: a\u0085b\r\nContent-Length: 0\r\n\r\n"));

        (await _engine.ResultAsync(Configs.Get(api.Url).WithSource("it", source))).Variables["it"].ShouldBe(
            Value.ForString(value));
    }

    [Theory]
    [InlineData("/caf\u00e9", "/caf%E9")]
    [InlineData("/caf\u00c3\u00a9", "/caf%C3%A9")]
    [InlineData("/caf%E9?q=\u00fc", "/caf%E9?q=%FC")]
    [InlineData("?\u0080", "/?%80")]
    [InlineData(" /a ", "/a")]
    public async Task LocationBytes_FollowedAsSent(string location, string target)
    {
        await using var redirecting = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
                await connection.SendAsync(Encoding.Latin1.GetBytes(request.Target == "/"
                    ? $"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
                    : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
        });
        var config = Configs.Get(redirecting.Url);
        config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 1 };

        await _engine.ResultAsync(config);

        redirecting.Requests.Last().Target.ShouldBe(target);
    }

    private static ActionConfig WithDetail(RawUpstream api)
    {
        var config = Configs.Get(api.Url);
        config.ErrorFields.Add(new ResultField { Variable = "detail", JsonPath = "$.detail" });
        return config;
    }
}
