using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Actions.Server.Errors;
using Actions.Server.Logging;
using Microsoft.Extensions.Options;

namespace Actions.Server.Access;

/// <summary>Counts the calls of each workspace. Calls above a limit are refused at once; there is no queue.</summary>
internal sealed class WorkspaceLimits : IDisposable
{
    /// <summary>Whose limit it is, in the texts of refusals.</summary>
    public const string Who = "The workspace";

    // Replenishments per second, each of a tenth of the average.
    private const int PerSecond = 10;

    // A concurrency limit has no natural retry time. 500 ms is a typical call.
    private static readonly TimeSpan DefaultRetryAfter = TimeSpan.FromMilliseconds(500);

    // Refused calls are told to come back one after the other, as the bucket is filled, over so much time. Told the
    // same time, they would come together and be refused again.
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(1);

    // At most one log event per workspace in this time.
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private readonly LogThrottle<string> _throttle;
    private readonly ILogger _log;
    private readonly PartitionedRateLimiter<string> _concurrency;
    private readonly PartitionedRateLimiter<string> _rate;
    private readonly LimitsOptions _options;
    private readonly TimeProvider _time;
    // When the call that was refused last may come back.
    private readonly ConcurrentDictionary<string, long> _comeback = [];

    public WorkspaceLimits(IOptions<LimitsOptions> options, TimeProvider time, ILogger<WorkspaceLimits> log)
    {
        (_throttle, _log, _time) = (new LogThrottle<string>(LogInterval, time), log, time);
        _options = options.Value;
        var tokens = Math.Max(1, _options.CallsPerSecond / PerSecond);
        var bucket = new TokenBucketRateLimiterOptions
        {
            TokenLimit = _options.Burst,
            TokensPerPeriod = tokens,
            ReplenishmentPeriod = TimeSpan.FromSeconds((double)tokens / _options.CallsPerSecond),
            // The partitioned limiter replenishes all of them.
            AutoReplenishment = false,
        };
        var concurrency = new ConcurrencyLimiterOptions { PermitLimit = _options.ConcurrentCalls };
        _rate = PerWorkspace(_ => new TokenBucketRateLimiter(bucket));
        _concurrency = PerWorkspace(_ => new ConcurrencyLimiter(concurrency));
    }

    /// <returns>Dispose it when the call ends.</returns>
    /// <exception cref="LimitReachedException">The call exceeds a limit.</exception>
    public IDisposable Enter(string workspace)
    {
        var place = _concurrency.AttemptAcquire(workspace);
        if (!place.IsAcquired)
            throw Reached(workspace, $"{Calls(_options.ConcurrentCalls)} at once", DefaultRetryAfter);
        using var token = _rate.AttemptAcquire(workspace);
        if (token.IsAcquired)
            return place;
        place.Dispose();
        throw Reached(
            workspace,
            $"{Calls(_options.CallsPerSecond)} per second",
            RetryAfter(
                workspace, token.TryGetMetadata(MetadataName.RetryAfter, out var wait) ? wait : DefaultRetryAfter));
    }

    public void Dispose()
    {
        _concurrency.Dispose();
        _rate.Dispose();
    }

    /// <param name="refill">Until the bucket is filled next.</param>
    private TimeSpan RetryAfter(string workspace, TimeSpan refill)
    {
        var now = _time.GetTimestamp();
        var perCall = _time.TimestampFrequency / _options.CallsPerSecond;
        var (first, last) = (now + Ticks(refill), now + Ticks(refill > LongestRetryAfter ? refill : LongestRetryAfter));
        var turn = _comeback.AddOrUpdate(
            workspace,
            static (_, turn) => turn.First,
            static (_, before, turn) => Math.Clamp(before + turn.PerCall, turn.First, turn.Last),
            (First: first, Last: last, PerCall: perCall));
        return _time.GetElapsedTime(now, turn);
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    private static PartitionedRateLimiter<string> PerWorkspace(Func<string, RateLimiter> create) =>
        PartitionedRateLimiter.Create<string, string>(workspace => RateLimitPartition.Get(workspace, create));

    private LimitReachedException Reached(string workspace, string limit, TimeSpan retryAfter)
    {
        if (_throttle.TryTake(workspace))
            _log.WorkspaceBeyondLimit(workspace, limit);
        return new LimitReachedException(Who, limit, retryAfter);
    }

    private static string Calls(int number) => number == 1 ? "1 call" : $"{number} calls";
}
