using System.Globalization;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Attempts;

/// <summary>How long is waited between attempts. The engine's clock stands still until the test advances it.</summary>
public sealed class BackoffTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;

    public BackoffTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(100)]
    [InlineData(1_000)]
    public async Task FiveAttempts_WaitsDoubleWithJitter(int initial)
    {
        await using var api = Answers.InTurn(Answers.Status(503));
        var config = Within(60, Answers.Retrying(api, attempts: 5, backoffMs: initial));
        var running = _engine.FailureAsync(config);

        for (var n = 1; n < 5; n++)
        {
            var expected = initial << (n - 1);
            var wait = await _clock.WaitSetAsync(TimeSpan.FromSeconds(30), _engine.Token);
            // A timer's ticks are milliseconds.
            wait.TotalMilliseconds.ShouldBeInRange((expected * 0.75) - 1, (expected * 1.25) + 1);
            api.Requests.Count.ShouldBe(n);
            _clock.Advance(wait - TimeSpan.FromTicks(1));
            running.IsCompleted.ShouldBeFalse();
            _clock.Advance(TimeSpan.FromTicks(1));
        }

        (await running).Attempts.ShouldBe(5);
    }

    [Fact]
    public async Task InitialBackoffUnset_200Milliseconds()
    {
        await using var api = Answers.InTurn(Answers.Status(503));
        var config = Answers.Retrying(api, attempts: 2);
        config.RetryPolicy.InitialBackoff = null;
        var running = _engine.FailureAsync(config);

        var wait = await _clock.WaitSetAsync(Second, _engine.Token);

        wait.TotalMilliseconds.ShouldBeInRange(149, 251);
        _clock.Advance(wait);
        await running;
    }

    [Fact]
    public async Task ManyThatFailTogether_DoNotComeBackTogether()
    {
        await using var api = Answers.InTurn(Answers.Status(429));
        var waits = new HashSet<long>();
        for (var i = 0; i < 10; i++)
        {
            var running = _engine.FailureAsync(Answers.Retrying(api, attempts: 2, backoffMs: 1_000));
            var wait = await _clock.WaitSetAsync(Second * 2, _engine.Token);
            waits.Add((long)wait.TotalMilliseconds);
            _clock.Advance(wait);
            await running;
        }

        waits.Count.ShouldBeGreaterThan(3);
    }

    [Theory]
    [InlineData("2", 2_000, 2_000)]
    [InlineData("0", 75, 125)]
    [InlineData("-1", 75, 125)]
    [InlineData("soon", 75, 125)]
    [InlineData("+3s", 2_999, 3_000)]
    [InlineData("-3s", 75, 125)]
    public async Task RetryAfter_IsTheLeast(string value, double from, double to)
    {
        if (value.EndsWith('s'))
            value = _clock.GetUtcNow().AddSeconds(int.Parse(value[..^1], CultureInfo.InvariantCulture)).ToString("R", CultureInfo.InvariantCulture);
        await using var api = Answers.InTurn(Answers.Status(503, $"Retry-After: {value}\r\n"), Answers.Ok);
        var running = _engine.ResultAsync(Answers.Retrying(api, attempts: 2, backoffMs: 100));

        var wait = await _clock.WaitSetAsync(TimeSpan.FromSeconds(9), _engine.Token);

        wait.TotalMilliseconds.ShouldBeInRange(from - 1, to + 1);
        _clock.Advance(wait);
        (await running).Attempts.ShouldBe(2);
    }

    [Theory]
    [InlineData("10")]
    [InlineData("3600")]
    [InlineData("2147483647")]
    [InlineData("99999999999999999999")]
    [InlineData("Tue, 01 Jan 2030 00:00:10 GMT")]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT")]
    public async Task RetryAfterBeyondTheTimeout_FailsAtOnce(string value)
    {
        await using var api = Answers.InTurn(Answers.Status(503, $"Retry-After: {value}\r\n"), Answers.Ok);

        var failure = await _engine.FailureAsync(Answers.Retrying(api, attempts: 2));

        (failure.Reason, failure.StatusCode, failure.Attempts).ShouldBe((FailureReason.HttpStatus, 503, 1));
        (api.Requests.Count, _clock.Armed, _clock.Now).ShouldBe((1, 0, TimeSpan.Zero));
    }

    [Fact]
    public async Task BackoffBeyondTheTimeout_FailsAtOnce()
    {
        await using var api = Answers.InTurn(Answers.Status(503), Answers.Ok);

        var failure = await _engine.FailureAsync(Within(1, Answers.Retrying(api, attempts: 2, backoffMs: 1_400)));

        (failure.Attempts, api.Requests.Count).ShouldBe((1, 1));
    }

    [Fact]
    public async Task LaterBackoffBeyondTheTimeout_FailsWithWhatWasThere()
    {
        // At most 1.25 s are waited first; the second wait takes 1.5 s at least.
        await using var api = Answers.InTurn(Answers.Status(503), Answers.Status(502), Answers.Ok);
        var running = _engine.FailureAsync(Within(2, Answers.Retrying(api, attempts: 5, backoffMs: 1_000)));

        _clock.Advance(await _clock.WaitSetAsync(Second * 1.3, _engine.Token));

        var failure = await running;
        (failure.StatusCode, failure.Attempts, api.Requests.Count).ShouldBe((502, 2, 2));
    }

    [Fact]
    public async Task SecondAttemptHangs_TimeoutCountsFromTheBeginning()
    {
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            if (connection.Number == 1)
                await connection.SendAsync(Answers.Status(503, "Connection: close\r\nRetry-After: 6\r\n"));
            else
                await connection.HoldAsync();
        });
        var running = _engine.FailureAsync(Answers.Retrying(api, attempts: 5));
        await api.NextRequestAsync(_engine.Token);
        _clock.Advance(await _clock.WaitSetAsync(Second * 7, _engine.Token));
        await api.NextRequestAsync(_engine.Token);

        _clock.AdvanceTo(Second * 10 - TimeSpan.FromTicks(1));
        running.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromTicks(1));

        var failure = await running;
        (failure.Reason, failure.Attempts).ShouldBe((FailureReason.Timeout, 2));
        await api.ScriptEndedAsync(_engine.Token);
        await api.ScriptEndedAsync(_engine.Token);
    }

    [Fact]
    public async Task CancelledWhileWaiting_EndsAtOnceAndNothingIsSent()
    {
        await using var api = Answers.InTurn(Answers.Status(503, "Retry-After: 5\r\n"), Answers.Ok);
        using var cancel = new CancellationTokenSource();
        var running = _engine.Execute(Answers.Retrying(api, attempts: 2), cancellationToken: cancel.Token).LastAsync(CancellationToken.None).AsTask();
        await _clock.WaitSetAsync(Second * 6, _engine.Token);

        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(running);
        _clock.Armed.ShouldBe(0);
        _clock.Advance(Second * 20);
        api.Requests.Count.ShouldBe(1);
    }

    private static ActionConfig Within(int seconds, ActionConfig config)
    {
        config.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(seconds));
        return config;
    }
}
