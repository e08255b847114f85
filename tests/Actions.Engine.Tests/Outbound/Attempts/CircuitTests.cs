using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Attempts;

/// <summary>A host that is in trouble isn't called for a while.</summary>
public sealed class CircuitTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;

    public CircuitTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.1 503 Later\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("")]
    public async Task HostFails_OverloadedAtOnceWithTheMessage(string answer)
    {
        await using var api = Answers.InTurn(answer);
        var config = Configs.Get(api.Url);
        config.Messages = new Messages { FailureMessage = "Sorry." };
        await FailAsync(config, 20);

        var failure = await _engine.FailureAsync(config);

        (failure.Reason, failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((FailureReason.Overloaded, 0, 1, true));
        failure.Message.ShouldBe("Sorry.");
        failure.Detail.ShouldBe("The circuit breaker of this host is open: too many calls to it have failed recently.");
        (api.Requests.Count, _clock.Now).ShouldBe((20, TimeSpan.Zero));
    }

    [Fact]
    public async Task HostHangs_OverloadedAtOnceInsteadOfATimeout()
    {
        const int many = 40;
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            if (connection.Number > many)
                await connection.SendAsync(Answers.Ok);
            await connection.HoldAsync();
        });
        var running = Enumerable.Range(0, many).Select(_ => _engine.FailureAsync(Configs.Get(api.Url))).ToArray();
        for (var i = 0; i < many; i++)
            await api.NextRequestAsync(_engine.Token);

        _clock.Advance(Second * 10);

        (await Task.WhenAll(running)).ShouldAllBe(failure => failure.Reason == FailureReason.Timeout);
        // The listener is told first: the circuit hears of the last of them a moment later.
        var calls = 0;
        while ((await _engine.OutcomeAsync(Configs.Get(api.Url))).Failure is not { Reason: FailureReason.Overloaded })
            (++calls).ShouldBeLessThan(many / 2);
    }

    [Fact]
    public async Task OpenCircuit_NotRetried()
    {
        await using var api = Answers.InTurn(Answers.Status(500));
        await FailAsync(Configs.Get(api.Url), 20);

        var events = await _engine.Execute(Answers.Retrying(api, attempts: 5)).ToListAsync(_engine.Token);

        events.Count.ShouldBe(2);
        (events[1].Failure.Reason, events[1].Failure.Attempts).ShouldBe((FailureReason.Overloaded, 1));
    }

    [Fact]
    public async Task OpensBetweenAttempts_Overloaded()
    {
        await using var api = Answers.InTurn(Answers.Status(503));
        await FailAsync(Configs.Get(api.Url), 19);

        var running = _engine.FailureAsync(Answers.Retrying(api, attempts: 5));
        var failure = await _clock.PassWaitsAsync(running, Second);

        (failure.Reason, failure.Attempts, api.Requests.Count).ShouldBe((FailureReason.Overloaded, 2, 20));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(429)]
    public async Task CallersFault_CircuitStaysClosed(int status)
    {
        await using var api = Answers.InTurn(Answers.Status(status));

        await FailAsync(Configs.Get(api.Url), 30);

        api.Requests.Count.ShouldBe(30);
    }

    [Fact]
    public async Task FewerThanHalfFail_CircuitStaysClosed()
    {
        var calls = 0;
        await using var api = RawUpstream.Answering(_ => Interlocked.Increment(ref calls) % 5 < 2 ? Answers.Status(500) : Answers.Ok);

        for (var i = 0; i < 50; i++)
            await _engine.OutcomeAsync(Configs.Get(api.Url));

        api.Requests.Count.ShouldBe(50);
    }

    [Fact]
    public async Task BreakIsOver_OneCallTriesAndClosesIt()
    {
        var broken = true;
        await using var api = RawUpstream.Answering(_ => broken ? Answers.Status(500) : Answers.Ok);
        await FailAsync(Configs.Get(api.Url), 20);

        _clock.Advance(Second * 5 - TimeSpan.FromTicks(1));
        (await _engine.FailureAsync(Configs.Get(api.Url))).Reason.ShouldBe(FailureReason.Overloaded);
        // The first to try fails: it stays open for as long again.
        _clock.Advance(TimeSpan.FromTicks(1));
        (await _engine.FailureAsync(Configs.Get(api.Url))).Reason.ShouldBe(FailureReason.HttpStatus);
        (await _engine.FailureAsync(Configs.Get(api.Url))).Reason.ShouldBe(FailureReason.Overloaded);
        _clock.Advance(Second * 5);
        broken = false;

        for (var i = 0; i < 3; i++)
            await _engine.ResultAsync(Configs.Get(api.Url));

        api.Requests.Count.ShouldBe(24);
    }

    [Fact]
    public async Task HalfOpen_OthersAreHeldBackWhileOneTries()
    {
        using var answer = new SemaphoreSlim(0);
        var broken = true;
        await using var api = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                if (!broken)
                    await answer.WaitAsync(_engine.Token);
                await connection.SendAsync(broken ? Answers.Status(500) : Answers.Ok);
            }
        });
        await FailAsync(Configs.Get(api.Url), 20);
        broken = false;
        _clock.Advance(Second * 5);
        var trying = _engine.ResultAsync(Configs.Get(api.Url));
        await UntilAsync(() => api.Requests.Count == 21);

        (await _engine.FailureAsync(Configs.Get(api.Url))).Reason.ShouldBe(FailureReason.Overloaded);

        answer.Release(10);
        await trying;
        await _engine.ResultAsync(Configs.Get(api.Url));
    }

    [Fact]
    public async Task OldFailures_Forgotten()
    {
        await using var api = Answers.InTurn(Answers.Status(500));
        for (var i = 0; i < 5; i++)
        {
            await FailAsync(Configs.Get(api.Url), 10);
            _clock.Advance(Second * 11);
        }

        api.Requests.Count.ShouldBe(50);
    }

    [Fact]
    public async Task OtherHostsAndWorkspaces_DoNotFeelIt()
    {
        await using var api = Answers.InTurn(Answers.Status(500));
        await using var other = Answers.InTurn(Answers.Ok);
        await FailAsync(Configs.Get(api.Url), 20);

        (await _engine.FailureAsync(Configs.Get(api.Url))).Reason.ShouldBe(FailureReason.Overloaded);
        await _engine.ResultAsync(Configs.Get(other.Url));
        (await _engine.FailureAsync(Configs.Get(api.Url), workspace: "other")).StatusCode.ShouldBe(500);
    }

    [Fact]
    public async Task FailureMessageForOverload_Said()
    {
        await using var api = Answers.InTurn(Answers.Status(500));
        var config = Configs.Get(api.Url);
        config.Messages = new Messages
        {
            FailureMessage = "Sorry.",
            FailureMessages = { ["FAILURE_REASON_OVERLOADED"] = "Too busy, {{name}}." },
        };
        for (var i = 0; i < 20; i++)
            (await _engine.FailureAsync(config, Configs.Values(("name", "Ann")))).Message.ShouldBe("Sorry.");

        (await _engine.FailureAsync(config, Configs.Values(("name", "Ann")))).Message.ShouldBe("Too busy, Ann.");
    }

    private async Task FailAsync(ActionConfig config, int times)
    {
        for (var i = 0; i < times; i++)
            (await _engine.FailureAsync(config)).Reason.ShouldBeOneOf(FailureReason.HttpStatus, FailureReason.Connection);
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, _engine.Token);
    }
}
