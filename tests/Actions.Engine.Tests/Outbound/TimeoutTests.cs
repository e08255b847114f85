using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound;

/// <summary>Real sockets, but the engine's clock stands still until the test advances it.</summary>
public sealed class TimeoutTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;

    public TimeoutTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task HeadersNeverCome_TimeoutWithoutStatus()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.HoldAsync();
        });
        var running = _engine.FailureAsync(TimingOutAfter(TimeSpan.FromSeconds(3), upstream));
        await upstream.NextRequestAsync(_engine.Token);

        _clock.Advance(TimeSpan.FromSeconds(3));

        var failure = await running;
        failure.Reason.ShouldBe(FailureReason.Timeout);
        failure.Detail.ShouldBe("The API took longer than the timeout of 3000 ms.");
        failure.ShouldBeWithoutAnswer(retryable: true);
        await upstream.ScriptEndedAsync(_engine.Token);
    }

    [Fact]
    public async Task BodyDripsWithoutEnd_TimeoutWithStatus()
    {
        using var drip = new SemaphoreSlim(0);
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
            while (true)
            {
                await connection.SendAsync(".");
                await drip.WaitAsync(_engine.Token);
            }
        });
        var running = _engine.FailureAsync(TimingOutAfter(TimeSpan.FromSeconds(3), upstream));
        await upstream.NextRequestAsync(_engine.Token);

        for (var second = 1; second < 3; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            drip.Release();
            running.IsCompleted.ShouldBeFalse();
        }

        _clock.Advance(TimeSpan.FromSeconds(1));

        var failure = await running;
        failure.Reason.ShouldBe(FailureReason.Timeout);
        (failure.Attempts, failure.Retryable).ShouldBe((1, true));
        drip.Release(1_000);
        await upstream.ScriptEndedAsync(_engine.Token);
    }

    [Fact]
    public async Task HandshakeNeverAnswered_Timeout()
    {
        await using var upstream = new RawUpstream(connection => connection.HoldAsync());
        var config = TimingOutAfter(TimeSpan.FromSeconds(3), upstream);
        config.Request.Url = $"https://127.0.0.1:{upstream.Port}/";
        var running = _engine.FailureAsync(config);
        await upstream.ConnectedAsync(_engine.Token);

        _clock.Advance(TimeSpan.FromSeconds(3));

        (await running).Reason.ShouldBe(FailureReason.Timeout);
    }

    [Fact]
    public async Task TimeoutUnset_TenSeconds()
    {
        await using var upstream = new RawUpstream(connection => connection.HoldAsync());
        var running = _engine.FailureAsync(Configs.Get(upstream.Url));
        await upstream.ConnectedAsync(_engine.Token);

        _clock.Advance(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        running.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromTicks(1));

        (await running).Reason.ShouldBe(FailureReason.Timeout);
    }

    [Fact]
    public async Task InitializeTakesTooLong_Timeout()
    {
        await using var upstream = new RawUpstream(connection => connection.HoldAsync());
        var running = _engine.InitializeAsync(TimingOutAfter(TimeSpan.FromSeconds(3), upstream));
        await upstream.ConnectedAsync(_engine.Token);

        _clock.Advance(TimeSpan.FromSeconds(3));

        (await running).Failure.Reason.ShouldBe(FailureReason.Timeout);
    }

    private static ActionConfig TimingOutAfter(TimeSpan timeout, RawUpstream upstream)
    {
        var config = Configs.Get(upstream.Url);
        config.Request.Timeout = Duration.FromTimeSpan(timeout);
        return config;
    }
}
