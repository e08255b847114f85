using System.Diagnostics;
using System.Diagnostics.Metrics;
using Actions.Engine.Outcomes;
using Actions.V1;
using Polly.CircuitBreaker;

namespace Actions.Engine.Telemetry;

/// <summary>What the engine measures of attempts, retries and breakers. Without a listener each call returns at
/// once.</summary>
public sealed class EngineMetrics
{
    public const string MeterName = "Actions.Engine";
    public const string StatusClassTag = "actions.status_class";
    public const string RefusalTag = "actions.refusal.reason";
    public const string StateTag = "actions.breaker.state";

    public const string WaitTag = "actions.line.outcome";

    internal const string LineFull = "line_full";
    internal const string LineTooSlow = "line_too_slow";
    internal const string BreakerOpen = "breaker_open";
    internal const string RetryBudget = "retry_budget";

    private readonly Histogram<double> _attempts;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _refusals;
    private readonly OpenBreakers _breakers;
    private readonly WaitingLines _lines;

    public EngineMetrics(IMeterFactory meters)
        : this(meters.Create(MeterName))
    {
    }

    private EngineMetrics(Meter meter)
    {
        _attempts = meter.CreateHistogram(
            "actions.attempt.duration", "s", "Time of one attempt, token, redirects and reading included.",
            tags: null, DurationBuckets.Call);
        _retries = meter.CreateCounter<long>(
            "actions.attempt.retries", "{retry}", "Attempts after the first, by the reason why the one before failed.");
        _refusals = meter.CreateCounter<long>(
            "actions.attempt.refusals", "{attempt}",
            "Attempts that were not made: no place in time, breaker open or retry budget spent.");
        _breakers = new OpenBreakers(meter);
        _lines = new WaitingLines(meter);
    }

    /// <summary>For an engine outside of a host: no listener of a meter factory hears of it.</summary>
    internal static EngineMetrics Detached { get; } = new(new Meter(MeterName));

    /// <param name="result">What the attempt came to.</param>
    /// <param name="elapsed">Since the attempt began.</param>
    internal void AttemptEnded(AttemptResult result, TimeSpan elapsed)
    {
        var failure = (result as AttemptResult.Failed)?.Failure;
        // A refused attempt was not made: its zero seconds would make a host that is down look fast.
        if (!_attempts.Enabled || failure?.Reason is FailureReason.Overloaded)
            return;
        var tags = new TagList
        {
            { MetricTags.Outcome, failure is null ? MetricTags.Success : MetricTags.Failure },
            { StatusClassTag, StatusClassOf(failure?.StatusCode ?? ((AttemptResult.Succeeded)result).Result.StatusCode) },
        };
        if (failure is not null)
            tags.Add(MetricTags.ErrorType, MetricTags.Of(failure.Reason));
        _attempts.Record(elapsed.TotalSeconds, tags);
    }

    internal void Retried(FailureReason reason)
    {
        if (_retries.Enabled)
            _retries.Add(1, new KeyValuePair<string, object?>(MetricTags.ErrorType, MetricTags.Of(reason)));
    }

    internal void Refused(string reason)
    {
        if (_refusals.Enabled)
            _refusals.Add(1, new KeyValuePair<string, object?>(RefusalTag, reason));
    }

    internal void JoinedLine() => _lines.Joined();

    /// <param name="outcome">How the wait ended.</param>
    /// <param name="waited">Since the line was joined.</param>
    internal void LeftLine(string outcome, TimeSpan waited) => _lines.Left(outcome, waited);

    /// <summary>Makes a breaker report its transitions.</summary>
    internal CircuitBreakerStrategyOptions<T> Observed<T>(CircuitBreakerStrategyOptions<T> options) =>
        _breakers.Observe(options);

    private static string StatusClassOf(int statusCode) => statusCode switch
    {
        >= 100 and < 200 => "1xx",
        >= 200 and < 300 => "2xx",
        >= 300 and < 400 => "3xx",
        >= 400 and < 500 => "4xx",
        >= 500 and < 600 => "5xx",
        0 => "none",
        _ => MetricTags.Other,
    };
}
