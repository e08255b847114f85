using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound.Attempts;

/// <summary>What is tried again, and what isn't.</summary>
public sealed class RetryTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(408, true)]
    [InlineData(429, true)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(504, true)]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(404, false)]
    [InlineData(409, false)]
    [InlineData(500, false)]
    [InlineData(501, false)]
    [InlineData(505, false)]
    [InlineData(302, false)]
    public async Task Status_RetriedWhenItSaysThatLaterMayBeDifferent(int status, bool retried)
    {
        await using var api = Answers.InTurn(Answers.Status(status), Answers.Ok);

        var outcome = await _engine.OutcomeAsync(Answers.Retrying(api, attempts: 2));

        api.Requests.Count.ShouldBe(retried ? 2 : 1);
        (outcome.Result?.Attempts ?? outcome.Failure.Attempts).ShouldBe(retried ? 2 : 1);
        (outcome.Failure is null).ShouldBe(retried);
    }

    [Theory]
    [InlineData(500, true, "500")]
    [InlineData(503, false, "500")]
    [InlineData(503, true, "5xx")]
    [InlineData(404, true, "500-599", "400-404")]
    [InlineData(405, false, "500-599", "400-404")]
    public async Task OwnStatuses_TakeThePlaceOfTheDefault(int status, bool retried, params string[] statuses)
    {
        await using var api = Answers.InTurn(Answers.Status(status), Answers.Ok);
        var config = Answers.Retrying(api, attempts: 2);
        config.RetryPolicy.RetryableStatuses.AddRange(statuses);

        await _engine.OutcomeAsync(config);

        api.Requests.Count.ShouldBe(retried ? 2 : 1);
    }

    [Fact]
    public async Task NoPolicy_NeverRetried()
    {
        await using var api = Answers.InTurn(Answers.Status(503), Answers.Ok);

        var failure = await _engine.FailureAsync(Configs.Get(api.Url));

        (failure.StatusCode, failure.Attempts, api.Requests.Count).ShouldBe((503, 1, 1));
    }

    [Fact]
    public async Task EveryAttemptFails_LastOneIsTold()
    {
        await using var api = Answers.InTurn(Answers.Status(503), "", Answers.Status(502), Answers.Status(504));

        var failure = await _engine.FailureAsync(Answers.Retrying(api, attempts: 4));

        (failure.Reason, failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((FailureReason.HttpStatus, 504, 4, true));
        api.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task LastAttemptFailsForGood_NotRetriedFurther()
    {
        await using var api = Answers.InTurn(Answers.Status(503), Answers.Status(404), Answers.Ok);

        var failure = await _engine.FailureAsync(Answers.Retrying(api, attempts: 5));

        (failure.StatusCode, failure.Attempts).ShouldBe((404, 2));
    }

    [Theory]
    [InlineData(HttpMethod.Get)]
    [InlineData(HttpMethod.Put)]
    [InlineData(HttpMethod.Delete)]
    public async Task IdempotentMethod_RetriedWithoutAKey(HttpMethod method)
    {
        await using var api = Answers.InTurn("", Answers.Status(503), Answers.Ok);
        var config = Answers.Retrying(api, attempts: 3, method);
        config.Request.JsonBody = "[1]";

        (await _engine.ResultAsync(config)).Attempts.ShouldBe(3);

        api.Requests.ShouldAllBe(request => request.Text == "[1]" && request.Header("Idempotency-Key") == null);
    }

    [Theory]
    [InlineData(HttpMethod.Post)]
    [InlineData(HttpMethod.Patch)]
    public async Task OtherMethod_NotRetried(HttpMethod method)
    {
        await using var api = Answers.InTurn(Answers.Status(503), Answers.Ok);
        await using var closing = Answers.InTurn("", Answers.Ok);

        (await _engine.FailureAsync(Answers.Retrying(api, attempts: 3, method))).Attempts.ShouldBe(1);
        (await _engine.FailureAsync(Answers.Retrying(closing, attempts: 3, method))).Reason.ShouldBe(FailureReason.Connection);

        (api.Requests.Count, closing.Requests.Count).ShouldBe((1, 1));
    }

    [Theory]
    [InlineData(HttpMethod.Post)]
    [InlineData(HttpMethod.Patch)]
    public async Task OtherMethodAllowed_OneKeyForAllAttemptsOfAnExecution(HttpMethod method)
    {
        await using var api = Answers.InTurn(Answers.Status(503), "", Answers.Ok);
        var config = Answers.Retrying(api, attempts: 3, method);
        config.RetryPolicy.RetryNonIdempotent = true;

        (await _engine.ResultAsync(config)).Attempts.ShouldBe(3);
        await _engine.ResultAsync(config);

        var keys = api.Requests.Select(request => request.Header("Idempotency-Key")).ToArray();
        keys.Length.ShouldBe(4);
        keys[..3].Distinct().ShouldHaveSingleItem().ShouldNotBeNullOrEmpty();
        keys[3].ShouldNotBe(keys[0]);
    }

    [Fact]
    public async Task CallersOwnKey_Kept()
    {
        await using var api = Answers.InTurn(Answers.Status(503), Answers.Ok);
        var config = Answers.Retrying(api, attempts: 2, HttpMethod.Post);
        config.RetryPolicy.RetryNonIdempotent = true;

        await _engine.OutcomeAsync(config, idempotencyKey: "mine");

        api.Requests.Select(request => request.Header("Idempotency-Key")).ShouldBe(["mine", "mine"]);
    }

    [Fact]
    public async Task HandWrittenKey_Kept()
    {
        await using var api = Answers.InTurn(Answers.Status(503), Answers.Ok);
        var config = Answers.Retrying(api, attempts: 2, HttpMethod.Post);
        config.RetryPolicy.RetryNonIdempotent = true;
        config.Request.Headers.Add(new Header { Name = "idempotency-key", Value = "order-{order}" });

        await _engine.OutcomeAsync(config, Configs.Values(("order", "7")));

        api.Requests.Select(request => request.Header("Idempotency-Key")).ShouldBe(["order-7", "order-7"]);
    }

    [Fact]
    public async Task ConnectionRefused_AllAttemptsMade()
    {
        var closed = new RawUpstream(_ => Task.CompletedTask);
        var config = Answers.Retrying(closed, attempts: 3);
        await closed.DisposeAsync();

        var failure = await _engine.FailureAsync(config);

        (failure.Reason, failure.Attempts).ShouldBe((FailureReason.Connection, 3));
    }

    public static TheoryData<string, FailureReason, string> Final => new()
    {
        { "no HTTP", FailureReason.InvalidResponse, "hello\r\n\r\n" },
        { "no JSON", FailureReason.InvalidResponse, RawUpstream.Response("{") },
        { "too large", FailureReason.ResponseTooLarge, RawUpstream.Response(new string(' ', 2_000)) },
        { "field missing", FailureReason.MissingResult, RawUpstream.Response("[]") },
    };

    [Theory]
    [MemberData(nameof(Final))]
    public async Task MoreOfTheSameWouldNotHelp_NotRetried(string what, FailureReason reason, string answer)
    {
        await using var api = Answers.InTurn(answer, Answers.Ok);
        var config = Answers.Retrying(api, attempts: 3).Selecting("a", "$.a", required: true);
        config.ResponsePolicy = new ResponsePolicy { MaxBodyBytes = 1_000 };

        var failure = await _engine.FailureAsync(config);

        (failure.Reason, failure.Attempts, api.Requests.Count).ShouldBe((reason, 1, 1), what);
    }

    [Fact]
    public async Task BodyCut_Retried()
    {
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            // Both close the connection: one too early, the other when all is said.
            await connection.SendAsync(connection.Number == 1 ? "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{" : Answers.Ok);
        });

        (await _engine.ResultAsync(Answers.Retrying(api, attempts: 2))).Attempts.ShouldBe(2);
    }

    [Fact]
    public async Task Timeout_NeverRetried()
    {
        var clock = new FakeClock();
        using var engine = new EngineUnderTest(clock);
        await using var api = new RawUpstream(connection => connection.HoldAsync());
        var running = engine.FailureAsync(Answers.Retrying(api, attempts: 5));
        await api.ConnectedAsync(engine.Token);

        clock.Advance(TimeSpan.FromSeconds(10));

        var failure = await running;
        (failure.Reason, failure.Attempts, failure.Retryable).ShouldBe((FailureReason.Timeout, 1, true));
        clock.Armed.ShouldBe(0);
    }

    [Fact]
    public async Task Initialize_NeverRetried()
    {
        await using var api = Answers.InTurn(Answers.Status(503), Answers.Ok);

        var response = await _engine.InitializeAsync(Answers.Retrying(api, attempts: 5));

        (response.Sample.StatusCode, api.Requests.Count).ShouldBe((503, 1));
    }

    [Fact]
    public async Task TokenEndpointInTrouble_AttemptsAreMadeWithoutCallingTheApi()
    {
        await using var endpoint = Answers.InTurn(Answers.Status(503), RawUpstream.Response("{\"access_token\":\"t\",\"token_type\":\"bearer\"}"));
        await using var api = Answers.InTurn(Answers.Ok);
        var config = Answers.Retrying(api, attempts: 2);
        config.Authentication = Authentication.Methods.OAuth2(endpoint.Url);

        (await _engine.ResultAsync(config)).Attempts.ShouldBe(2);

        (endpoint.Requests.Count, api.Requests.Count).ShouldBe((2, 1));
    }
}
