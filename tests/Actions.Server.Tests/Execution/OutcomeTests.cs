using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;

namespace Actions.Server.Tests.Execution;

/// <summary>What an API can do wrong comes as a Failure, in a stream that ends with OK.</summary>
public sealed class OutcomeTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Message = "I can't reach the shop for Ada.";

    private readonly RunningServer _server = fixture.Server;

    [Theory]
    [InlineData("404 Not Found", 404, false)]
    [InlineData("503 Service Unavailable", 503, true)]
    [InlineData("302 Found", 302, false)]
    public async Task OtherStatus_IsAFailureWithTheStatus(string status, int code, bool retryable)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("""{"secret": "of the API"}""", status: status));

        await ShouldFailAsync(
            await _server.CreateAsync(Calling(upstream.Url)),
            FailureReason.HttpStatus, FailureStage.Judge, code, retryable);
    }

    [Fact]
    public async Task StatusThatCountsAsSuccess_IsAResult()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}", status: "404 Not Found"));
        var action = Calling(upstream.Url);
        action.ResponsePolicy = new() { SuccessStatuses = { "404" } };
        var stored = await _server.CreateAsync(action);

        (await ExecuteAsync(stored))[^1].Result.StatusCode.ShouldBe(404);
    }

    [Fact]
    public async Task NobodyThere_IsAConnectionFailure()
    {
        string url;
        await using (var gone = RawUpstream.Answering(""))
            url = gone.Url;

        await ShouldFailAsync(
            await _server.CreateAsync(Calling(url)),
            FailureReason.Connection, FailureStage.Connect, 0, retryable: true);
    }

    [Fact]
    public async Task ConnectionReset_IsAConnectionFailure()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            connection.Reset();
        });

        await ShouldFailAsync(
            await _server.CreateAsync(Calling(upstream.Url)),
            FailureReason.Connection, FailureStage.Wait, 0, retryable: true);
    }

    [Fact]
    public async Task CertificateThatNobodyTrusts_IsATlsFailure()
    {
        using var certificate = RawUpstream.SelfSignedCertificate();
        await using var upstream = new RawUpstream(connection => connection.HoldAsync(), certificate);

        await ShouldFailAsync(
            await _server.CreateAsync(Calling(upstream.Url)), FailureReason.Tls, FailureStage.Tls, 0, retryable: false);
    }

    [Fact]
    public async Task NoAnswerInTime_IsATimeoutAtItsTime()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.HoldAsync();
        });
        var timeout = TimeSpan.FromMilliseconds(200);
        var action = Calling(upstream.Url);
        action.Request.Timeout = Duration.FromTimeSpan(timeout);

        var failed = await ShouldFailAsync(
            await _server.CreateAsync(action), FailureReason.Timeout, FailureStage.Wait, 0, retryable: true);

        failed.Elapsed.ToTimeSpan().ShouldBeGreaterThanOrEqualTo(timeout);
        // The API hears that nobody waits any more.
        await upstream.ScriptEndedAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task NoHttp_IsAnInvalidResponse()
    {
        await using var upstream = RawUpstream.AnsweringOnce("SSH-2.0-OpenSSH_9.2\r\n");

        await ShouldFailAsync(
            await _server.CreateAsync(Calling(upstream.Url)),
            FailureReason.InvalidResponse, FailureStage.Wait, 0, retryable: false);
    }

    [Fact]
    public async Task BrokenJsonThatIsRequired_IsAnInvalidResponse()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{\"a\": "));
        var action = Calling(upstream.Url);
        action.Results.Add(new ResultField { Variable = "a", JsonPath = "$.a", Required = true });

        await ShouldFailAsync(
            await _server.CreateAsync(action), FailureReason.InvalidResponse, FailureStage.Judge,
                200, retryable: false);
    }

    [Fact]
    public async Task BodyOverItsLimit_IsTooLarge()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("0123456789+", "text/plain"));
        var action = Calling(upstream.Url);
        action.ResponsePolicy = new() { MaxBodyBytes = 10 };

        await ShouldFailAsync(
            await _server.CreateAsync(action),
            FailureReason.ResponseTooLarge, FailureStage.Read, 200, retryable: false);
    }

    [Fact]
    public async Task NameWithoutAnAddress_FailsWhenItIsResolved() => await ShouldFailAsync(
        await _server.CreateAsync(Calling("https://nowhere.invalid/")),
        FailureReason.NameResolution,
        FailureStage.Resolve,
        0,
        retryable: true);

    [Fact]
    public async Task BodyThatStops_IsATimeoutWhileReading()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
            await connection.HoldAsync();
        });
        var action = Calling(upstream.Url);
        action.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5));
        action.Results.Add(new ResultField { Variable = "a", JsonPath = "$.a" });

        await ShouldFailAsync(
            await _server.CreateAsync(action), FailureReason.Timeout, FailureStage.Read, 200, retryable: true);
    }

    [Fact]
    public async Task TlsThatIsNotAnswered_IsATimeoutInTheHandshake()
    {
        await using var upstream = new RawUpstream(connection => connection.HoldAsync());
        var action = Calling(upstream.Url.Replace("http://", "https://", StringComparison.Ordinal));
        action.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(1.5));

        await ShouldFailAsync(
            await _server.CreateAsync(action), FailureReason.Timeout, FailureStage.Tls, 0, retryable: true);
    }

    [Fact]
    public async Task TokenThatIsRefused_FailsWhenItIsFetched()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}", status: "400 Bad Request"));
        var action = Calling(upstream.Url);
        action.Authentication = Secrets.Credential.OAuth(upstream.Url, Secrets.Credential.Secret);

        await ShouldFailAsync(
            await _server.CreateAsync(action),
            FailureReason.Authentication, FailureStage.Authorize, 0, retryable: false);
    }

    [Fact]
    public async Task BodyAsLargeAsAllowedAtAll_ReachesTheCaller()
    {
        var body = new string('x', 3 << 20);
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(body, "text/plain"));
        var action = Calling(upstream.Url);
        action.ResponsePolicy = new() { MaxBodyBytes = body.Length };

        (await ExecuteAsync(await _server.CreateAsync(action)))[^1].Result.Body.Length.ShouldBe(body.Length);
    }

    [Fact]
    public async Task RequiredFieldThatIsNotThere_IsAMissingResult()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("""{"b": 1}"""));
        var action = Calling(upstream.Url);
        action.Results.Add(new ResultField { Variable = "a", JsonPath = "$.a", Required = true });

        await ShouldFailAsync(
            await _server.CreateAsync(action), FailureReason.MissingResult, FailureStage.Judge, 200, retryable: false);
    }

    private static ActionConfig Calling(string url)
    {
        var action = AnAction.Calling(url);
        action.Messages = new() { StartMessage = "One moment.", FailureMessage = "I can't reach the shop for {name}." };
        return action;
    }

    private Task<IReadOnlyList<ExecutionEvent>> ExecuteAsync(ActionConfig action) =>
        _server.ExecuteAsync(new() { Id = action.Id, Variables = { ["name"] = Value.ForString("Ada") } });

    private async Task<ExecutionEvent> ShouldFailAsync(
        ActionConfig action, FailureReason reason, FailureStage stage, int statusCode, bool retryable)
    {
        var events = await ExecuteAsync(action);

        events.Select(told => told.EventCase).ShouldBe([Kind.Start, Kind.Failure]);
        var failure = events[1].Failure.Clone();
        // What the API said has tests of its own.
        (failure.Body, failure.BodyTruncated, failure.ContentType) = (Google.Protobuf.ByteString.Empty, false, "");
        failure.Detail.ShouldNotBeEmpty();
        failure.Detail.ShouldNotContain("secret");
        // The API may have done it, and hasn't said that it hasn't.
        failure.OutcomeUnknown.ShouldBe(stage > FailureStage.Tls && statusCode is 0 or (>= 200 and < 300));
        failure.OutcomeUnknown = false;
        failure.ShouldBe(new()
        {
            Message = Message,
            Reason = reason,
            Stage = stage,
            StatusCode = statusCode,
            Retryable = retryable,
            Attempts = 1,
            Detail = failure.Detail,
        });
        return events[1];
    }
}
