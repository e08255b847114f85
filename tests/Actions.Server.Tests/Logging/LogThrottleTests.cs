using Actions.Server.Logging;

namespace Actions.Server.Tests.Logging;

public sealed class LogThrottleTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly FakeClock _clock = new();

    [Fact]
    public void OneEventPerKey_InAnInterval()
    {
        var throttle = new LogThrottle<string>(Interval, _clock);

        throttle.TryTake("a").ShouldBeTrue();
        throttle.TryTake("a").ShouldBeFalse();
        throttle.TryTake("b").ShouldBeTrue();
        _clock.Advance(Interval - TimeSpan.FromMilliseconds(1));
        throttle.TryTake("a").ShouldBeFalse();
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        throttle.TryTake("a").ShouldBeTrue();
    }

    [Fact]
    public void MoreKeysThanTheCapacity_ForgetTheLeastRecentlyUsed()
    {
        var throttle = new LogThrottle<int>(Interval, _clock, capacity: 100);

        for (var key = 0; key < 1_000; key++)
        {
            throttle.TryTake(key).ShouldBeTrue();
            throttle.TryTake(-1).ShouldBe(key == 0, "a key in use is remembered");
        }

        throttle.Count.ShouldBeLessThanOrEqualTo(100);
    }
}
