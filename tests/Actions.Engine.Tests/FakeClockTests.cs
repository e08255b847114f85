namespace Actions.Engine.Tests;

/// <summary>The tests' own clock: what stands on it must be able to trust it.</summary>
public sealed class FakeClockTests
{
    private readonly FakeClock _clock = new();
    private readonly List<string> _fired = [];

    [Fact]
    public void Timers_FireInOrderEachAtItsMoment()
    {
        Set("c", 30);
        Set("a", 10);
        Set("b1", 20);
        Set("b2", 20);

        _clock.Advance(TimeSpan.FromMilliseconds(25));

        _fired.ShouldBe(["a at 10", "b1 at 20", "b2 at 20"]);
        _clock.Now.ShouldBe(TimeSpan.FromMilliseconds(25));
        (_clock.Armed, _clock.NextDue).ShouldBe((1, TimeSpan.FromMilliseconds(30)));
    }

    [Fact]
    public void TimersSetWhileItAdvances_FireIfTheyAreDue()
    {
        using var first = _clock.CreateTimer(_ => Set("second", 5), null, TimeSpan.FromMilliseconds(10), Timeout.InfiniteTimeSpan);

        _clock.Advance(TimeSpan.FromMilliseconds(15));

        _fired.ShouldBe(["second at 15"]);
    }

    [Fact]
    public void Period_FiresUntilItIsDisposed()
    {
        var timer = _clock.CreateTimer(
            _ => _fired.Add($"{_clock.Now.TotalMilliseconds}"), null, TimeSpan.FromMilliseconds(5), TimeSpan.FromMilliseconds(10));
        _clock.Advance(TimeSpan.FromMilliseconds(30));
        timer.Dispose();
        _clock.Advance(TimeSpan.FromMilliseconds(30));

        _fired.ShouldBe(["5", "15", "25"]);
        timer.Change(TimeSpan.Zero, TimeSpan.Zero).ShouldBeFalse();
        _clock.Armed.ShouldBe(0);
    }

    [Fact]
    public void Change_SetsTheTimerAnew()
    {
        var timer = Set("a", 10);
        timer.Change(TimeSpan.FromMilliseconds(20), Timeout.InfiniteTimeSpan).ShouldBeTrue();
        _clock.Advance(TimeSpan.FromMilliseconds(15));
        _fired.ShouldBeEmpty();
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _clock.Advance(TimeSpan.FromMilliseconds(15));

        _fired.ShouldBeEmpty();
    }

    [Fact]
    public void TimestampsAndTime_GoOnTogether()
    {
        var (timestamp, time) = (_clock.GetTimestamp(), _clock.GetUtcNow());

        _clock.Advance(TimeSpan.FromTicks(12_345));

        _clock.GetElapsedTime(timestamp).ShouldBe(TimeSpan.FromTicks(12_345));
        (_clock.GetUtcNow() - time).ShouldBe(TimeSpan.FromTicks(12_345));
    }

    [Fact]
    public async Task TaskDelay_EndsWithTheClock()
    {
        var delay = Task.Delay(TimeSpan.FromMinutes(5), _clock, TestContext.Current.CancellationToken);
        _clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromTicks(1));
        delay.IsCompleted.ShouldBeFalse();

        _clock.Advance(TimeSpan.FromTicks(1));

        await delay.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System, TestContext.Current.CancellationToken);
    }

    private ITimer Set(string name, int milliseconds) => _clock.CreateTimer(
        _ => _fired.Add($"{name} at {_clock.Now.TotalMilliseconds}"), null, TimeSpan.FromMilliseconds(milliseconds), Timeout.InfiniteTimeSpan);
}
