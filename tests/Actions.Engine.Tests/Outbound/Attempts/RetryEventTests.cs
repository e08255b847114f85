using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound.Attempts;

/// <summary>What a listener is told of attempts.</summary>
public sealed class RetryEventTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;

    public RetryEventTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Attempts_ToldInOrderWithWhatTheLastCameTo()
    {
        using var answer = new SemaphoreSlim(0);
        await using var api = Answers.InTurn(() => answer.WaitAsync(_engine.Token), Answers.Status(503, "X-Secret: hunter2\r\n"), "", Answers.Ok);
        var config = Answers.Retrying(api, attempts: 3, backoffMs: 100);
        var told = new List<ExecutionEvent>();
        await foreach (var next in _engine.Execute(config).WithCancellation(_engine.Token))
        {
            told.Add(next);
            answer.Release();
            if (told.Count < 3)
                _ = PassBackoffAsync();
        }

        told.Select(next => next.Sequence).ShouldBe([1, 2, 3, 4]);
        told[0].Start.ShouldNotBeNull();
        told[1].Retry.ShouldBe(new Retry
        {
            Attempt = 2, Reason = FailureReason.HttpStatus, Detail = "The API answered with status 503.", StatusCode = 503,
        });
        told[2].Retry.ShouldBe(new Retry
        {
            Attempt = 3, Reason = FailureReason.Connection, Detail = "The connection was closed before the response was complete.",
        });
        told[3].Result.Attempts.ShouldBe(3);
        told.Select(next => next.Elapsed.ToTimeSpan()).ShouldBeInOrder();
        told[1].Elapsed.ToTimeSpan().ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(74));
    }

    [Fact]
    public async Task Retry_ToldWhenItsAttemptBeginsNotBefore()
    {
        using var answer = new SemaphoreSlim(1);
        await using var api = Answers.InTurn(() => answer.WaitAsync(_engine.Token), Answers.Status(503, "Retry-After: 3\r\n"), Answers.Ok);
        await using var events = _engine.Execute(Answers.Retrying(api, attempts: 2)).GetAsyncEnumerator(_engine.Token);
        await events.MoveNextAsync();
        var next = events.MoveNextAsync().AsTask();
        await _clock.WaitSetAsync(Second * 4, _engine.Token);

        _clock.Advance(Second * 3 - TimeSpan.FromTicks(1));
        next.IsCompleted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromTicks(1));
        await next;

        (events.Current.Retry?.Attempt, events.Current.Elapsed.ToTimeSpan()).ShouldBe((2, Second * 3));
        answer.Release();
        await events.MoveNextAsync();
        events.Current.Result.Attempts.ShouldBe(2);
    }

    [Fact]
    public async Task OutcomeKnownBeforeItWasTaken_RetryDroppedWithoutAGap()
    {
        using var answer = new SemaphoreSlim(0);
        await using var api = Answers.InTurn(() => answer.WaitAsync(_engine.Token), Answers.Status(503), Answers.Status(503), Answers.Ok);
        var config = Answers.Retrying(api, attempts: 3, backoffMs: 100);
        config.Messages = new Messages { DelayMessage = "One moment.", DelayThreshold = Milliseconds(10) };
        await using var events = _engine.Execute(config).GetAsyncEnumerator(_engine.Token);
        await events.MoveNextAsync();
        var next = events.MoveNextAsync().AsTask();
        await api.NextRequestAsync(_engine.Token);
        _clock.Advance(await _clock.WaitSetAsync(TimeSpan.FromMilliseconds(20), _engine.Token));
        await next;
        events.Current.Delay.ShouldNotBeNull();

        // The caller is still writing the Delay while the attempts go on.
        answer.Release(3);
        for (var retry = 0; retry < 2; retry++)
        {
            await PassBackoffAsync();
            await api.NextRequestAsync(_engine.Token);
        }

        await UntilNothingRunsAsync();

        (await events.MoveNextAsync()).ShouldBeTrue();
        (events.Current.Sequence, events.Current.Result?.Attempts).ShouldBe((3, 3), events.Current.ToString());
        (await events.MoveNextAsync()).ShouldBeFalse();
    }

    [Fact]
    public async Task WaitForAnAttempt_DelaysAreToldMeanwhile()
    {
        using var answer = new SemaphoreSlim(1);
        await using var api = Answers.InTurn(
            () => answer.WaitAsync(_engine.Token), Answers.Status(503), Answers.Status(503, "Retry-After: 3\r\n"), Answers.Ok);
        var config = Answers.Retrying(api, attempts: 3, backoffMs: 20);
        config.Messages = new Messages
        {
            DelayMessage = "One moment.", DelayThreshold = Milliseconds(1_000), DelayRepeatInterval = Milliseconds(700),
        };
        await using var events = _engine.Execute(config).GetAsyncEnumerator(_engine.Token);
        await events.MoveNextAsync();
        var next = events.MoveNextAsync().AsTask();
        await _clock.WaitSetAsync(TimeSpan.FromMilliseconds(100), _engine.Token);
        // Whole milliseconds, as timers count them.
        _clock.AdvanceTo(TimeSpan.FromMilliseconds(30));
        await next;
        events.Current.Retry.Attempt.ShouldBe(2);
        // One timer is the execution's. The other is the wait for the next attempt.
        answer.Release();
        await UntilAsync(() => _clock.Armed == 2);
        var until = _clock.Now + (Second * 3);

        foreach (var (ordinal, at) in (IEnumerable<(int, int)>)[(1, 1_000), (2, 1_700), (3, 2_400)])
        {
            next = events.MoveNextAsync().AsTask();
            await _clock.WaitSetAsync(TimeSpan.FromMilliseconds(at) - _clock.Now, _engine.Token);
            _clock.AdvanceTo(TimeSpan.FromMilliseconds(at));
            (await next).ShouldBeTrue();
            (events.Current.Delay?.Ordinal, events.Current.Elapsed).ShouldBe((ordinal, Milliseconds(at)));
        }

        next = events.MoveNextAsync().AsTask();
        _clock.AdvanceTo(until);
        await next;
        events.Current.Retry.Attempt.ShouldBe(3);
        answer.Release();
        await events.MoveNextAsync();
        (events.Current.Result.Attempts, events.Current.Sequence).ShouldBe((3, 7));
    }

    [Fact]
    public async Task TimedOutInTheSecondAttempt_RetryWasToldAndFailureCountsIt()
    {
        using var answer = new SemaphoreSlim(1);
        await using var api = Answers.InTurn(() => answer.WaitAsync(_engine.Token), Answers.Status(503), Answers.Ok);
        await using var events = _engine.Execute(Answers.Retrying(api, attempts: 3, backoffMs: 100)).GetAsyncEnumerator(_engine.Token);
        await events.MoveNextAsync();
        var next = events.MoveNextAsync().AsTask();
        await PassBackoffAsync();
        await next;
        events.Current.Retry.Attempt.ShouldBe(2);
        next = events.MoveNextAsync().AsTask();
        await api.NextRequestAsync(_engine.Token);
        await api.NextRequestAsync(_engine.Token);

        _clock.AdvanceTo(Second * 10);

        await next;
        (events.Current.Failure.Reason, events.Current.Failure.Attempts).ShouldBe((FailureReason.Timeout, 2));
        (await events.MoveNextAsync()).ShouldBeFalse();
        answer.Release();
    }

    private static Duration Milliseconds(double count) => Duration.FromTimeSpan(TimeSpan.FromMilliseconds(count));

    private async Task PassBackoffAsync() => _clock.Advance(await _clock.WaitSetAsync(Second, _engine.Token));

    /// <summary>The execution's timer is gone, and has been for a while: its outcome is known.</summary>
    private async Task UntilNothingRunsAsync()
    {
        var quiet = 0;
        await UntilAsync(() => (quiet = _clock.Armed == 0 ? quiet + 1 : 0) > 20);
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, _engine.Token);
    }
}
