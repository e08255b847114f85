using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Kind = Actions.V1.ExecutionEvent.EventOneofCase;

namespace Actions.Server.Tests.EndToEnd;

public sealed class RetryTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(V1.HttpMethod.Get)]
    [InlineData(V1.HttpMethod.Post)]
    public async Task FailedAttempt_IsMadeAgainAndTold(V1.HttpMethod method)
    {
        var told = new TaskCompletionSource();
        var attempts = 0;
        await using var shaky = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                if (Interlocked.Increment(ref attempts) == 1)
                {
                    await connection.SendAsync(RawUpstream.Response("busy", status: "503 Service Unavailable"));
                    continue;
                }

                // So that there is something to wait for while the listener hears of it.
                await told.Task;
                await connection.SendAsync(RawUpstream.Response("{}"));
            }
        });
        var action = Retried(shaky.Url, attempts: 3);
        action.Request.Method = method;
        action.RetryPolicy.RetryNonIdempotent = method == V1.HttpMethod.Post;
        action = await _server.CreateAsync(action);

        using var call = _server.Actions.Execute(new() { Id = action.Id, CallId = $"retry {action.Id}" }, cancellationToken: Token);
        (await call.NextAsync()).EventCase.ShouldBe(Kind.Start);
        var retry = (await call.NextAsync()).Retry.ShouldNotBeNull();
        told.SetResult();
        var result = (await call.ReadToEndAsync())[^1].Result.ShouldNotBeNull();

        (retry.Attempt, retry.Reason, retry.StatusCode).ShouldBe((2, FailureReason.HttpStatus, 503));
        retry.Detail.ShouldNotBeEmpty();
        result.Attempts.ShouldBe(2);
        var keys = shaky.Requests.Select(request => request.Header("Idempotency-Key")).ToList();
        keys.Count.ShouldBe(2);
        keys.Distinct().ShouldHaveSingleItem();
        (keys[0] is null).ShouldBe(method == V1.HttpMethod.Get);
        _server.Log.ShouldContain(line => line.Contains("[13]") && line.Contains(action.Id) && line.Contains("starting attempt 2"));
        _server.Log.ShouldContain(line => line.Contains($"'retry {action.Id}': status 200") && line.Contains("Attempts: 2."));
    }

    [Fact]
    public async Task AttemptsThatAllFail_AreCountedInTheFailureAndTheLog()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("", status: "503 Service Unavailable"));
        var action = await _server.CreateAsync(Retried(upstream.Url, attempts: 3));

        var failure = (await _server.ExecuteAsync(new() { Id = action.Id }))[^1].Failure.ShouldNotBeNull();

        (failure.Reason, failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((FailureReason.HttpStatus, 503, 3, true));
        upstream.Requests.Count.ShouldBe(3);
        _server.Log.ShouldContain(line => line.Contains("[11]") && line.Contains(action.Id) && line.Contains("Attempts: 3."));
    }

    [Fact]
    public async Task Post_IsNotMadeAgainUnlessTheActionSaysSo()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("", status: "503 Service Unavailable"));
        var action = Retried(upstream.Url, attempts: 3);
        action.Request.Method = V1.HttpMethod.Post;

        var outcome = (await _server.ExecuteAsync(new() { Id = (await _server.CreateAsync(action)).Id }))[^1];

        outcome.Failure.ShouldNotBeNull().Attempts.ShouldBe(1);
        upstream.Requests.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Initialize_IsNeverMadeAgain()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("", status: "503 Service Unavailable"));

        var response = await _server.Configs.InitializeAsync(new() { Draft = Retried(upstream.Url, attempts: 5) }, cancellationToken: Token);

        response.Sample.StatusCode.ShouldBe(503);
        upstream.Requests.ShouldHaveSingleItem();
    }

    private static ActionConfig Retried(string url, int attempts)
    {
        var action = AnAction.Calling(url);
        action.RetryPolicy = new() { MaxAttempts = attempts, InitialBackoff = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(1)) };
        return action;
    }
}
