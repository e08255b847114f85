using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Authentication;

/// <summary>Several executions that wait for one token.</summary>
public sealed class TokenWaitTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;
    private readonly SemaphoreSlim _answer = new(0);

    public TokenWaitTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose()
    {
        _engine.Dispose();
        _answer.Dispose();
    }

    [Fact]
    public async Task FiftyAtOnce_OneFetch()
    {
        await using var endpoint = Holding(TokenScene.Token("t1"));
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var running = Enumerable.Range(0, 50).Select(_ => _engine.ResultAsync(Config(endpoint, api))).ToArray();
        await endpoint.NextRequestAsync(_engine.Token);

        _answer.Release(100);
        await Task.WhenAll(running);

        endpoint.Requests.Count.ShouldBe(1);
        api.Requests.Count.ShouldBe(50);
        api.Requests.ShouldAllBe(request => request.Header("Authorization") == "Bearer t1");
    }

    [Fact]
    public async Task FiftyAtOnceAndNoToken_OneFetchAndFiftyFailures()
    {
        await using var endpoint = Holding(TokenScene.Status(500));
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var running = Enumerable.Range(0, 50).Select(_ => _engine.FailureAsync(Config(endpoint, api))).ToArray();
        await endpoint.NextRequestAsync(_engine.Token);

        _answer.Release(100);

        (await Task.WhenAll(running)).ShouldAllBe(failure => failure.Reason == FailureReason.Authentication);
        endpoint.Requests.Count.ShouldBe(1);
        api.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task FirstToAskIsCancelled_OthersGetTheTokenFromTheSameFetch()
    {
        await using var endpoint = Holding(TokenScene.Token("t1"));
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        using var cancel = new CancellationTokenSource();
        var first = _engine.Execute(Config(endpoint, api), cancellationToken: cancel.Token).LastAsync(CancellationToken.None).AsTask();
        await endpoint.NextRequestAsync(_engine.Token);
        var second = _engine.ResultAsync(Config(endpoint, api));

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        _answer.Release(100);
        await second;

        endpoint.Requests.Count.ShouldBe(1);
        api.Requests.Single().Header("Authorization").ShouldBe("Bearer t1");
    }

    [Fact]
    public async Task FirstToAskTimesOut_FetchGoesOnForTheNext()
    {
        await using var endpoint = Holding(TokenScene.Token("t1"));
        await using var api = RawUpstream.Answering(RawUpstream.Response("{}"));
        var hurried = Config(endpoint, api);
        hurried.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(1));
        var first = _engine.FailureAsync(hurried);
        await endpoint.NextRequestAsync(_engine.Token);

        _clock.Advance(TimeSpan.FromSeconds(1));
        (await first).Reason.ShouldBe(FailureReason.Timeout);
        var second = _engine.ResultAsync(Config(endpoint, api));
        _answer.Release(100);
        await second;

        endpoint.Requests.Count.ShouldBe(1);
    }

    private RawUpstream Holding(string response) => new(async connection =>
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            await _answer.WaitAsync(_engine.Token);
            await connection.SendAsync(response);
        }
    });

    private static ActionConfig Config(RawUpstream endpoint, RawUpstream api)
    {
        var config = Configs.Get(api.Url);
        config.Authentication = Methods.OAuth2($"{endpoint.Url}/token");
        return config;
    }
}
