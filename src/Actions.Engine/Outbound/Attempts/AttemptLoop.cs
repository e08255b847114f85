using System.Security.Cryptography;
using Actions.Engine.Telemetry;
using Polly;
using Polly.Retry;

namespace Actions.Engine.Outbound.Attempts;

/// <summary>Step 5: makes attempts until one counts, none is left, or none could end within the time-out.</summary>
internal sealed class AttemptLoop
{
    private static readonly ResiliencePropertyKey<Loop> State = new("loop");

    private readonly ResiliencePipeline<Attempt> _retries;
    private readonly HostGuards _guards;
    private readonly RetryBudget _budget;
    private readonly TimeProvider _time;
    private readonly EngineMetrics _metrics;

    public AttemptLoop(EngineOptions options, TimeProvider time, EngineMetrics metrics)
    {
        (_time, _metrics) = (time, metrics);
        _guards = new HostGuards(options, time, metrics);
        _budget = new RetryBudget(options, time, metrics);
        _retries = new ResiliencePipelineBuilder<Attempt> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<Attempt>
            {
                MaxRetryAttempts = ContractLimits.MaxAttempts - 1,
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.Outcome.Result?.Failure is { } failure && StateOf(arguments.Context).WantsAnother(failure, _budget)),
                DelayGenerator = static arguments => ValueTask.FromResult<TimeSpan?>(StateOf(arguments.Context).Backoff),
            })
            .Build();
    }

    /// <param name="host">Whose circuit, limit and budget.</param>
    /// <param name="plan">When to try again.</param>
    /// <param name="timeLeft">What is left of the time-out.</param>
    /// <param name="attempt">Makes one.</param>
    /// <param name="onRetry">Told the number of the attempt that begins, and what the last one came to.</param>
    /// <param name="cancellationToken">Ends it all.</param>
    /// <returns>The last attempt and how many there were.</returns>
    public async Task<(Attempt Last, int Attempts)> RunAsync(
        HostKey host,
        RetryPlan plan,
        Func<TimeSpan> timeLeft,
        Func<CancellationToken, Task<Attempt>> attempt,
        Action<int, UpstreamFailure> onRetry,
        CancellationToken cancellationToken)
    {
        _budget.CountExecution(host);
        var loop = new Loop(host, plan, timeLeft);
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        context.Properties.Set(State, loop);
        try
        {
            var last = await _retries.ExecuteAsync(
                async inner =>
                {
                    if (loop.Begin() is { } before)
                    {
                        _metrics.Retried(before.Reason);
                        onRetry(loop.Attempts, before);
                    }

                    var began = _time.GetTimestamp();
                    var made = await _guards.RunAsync(host, attempt, inner.CancellationToken).ConfigureAwait(false);
                    _metrics.AttemptEnded(
                        made.Failure?.Reason, made.Failure?.StatusCode ?? made.Result!.StatusCode, _time.GetElapsedTime(began));
                    return made;
                },
                context).ConfigureAwait(false);
            return (last, loop.Attempts);
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    private static Loop StateOf(ResilienceContext context) => context.Properties.GetValue(State, null!);

    /// <summary>Where one execution stands.</summary>
    private sealed class Loop(HostKey host, RetryPlan plan, Func<TimeSpan> timeLeft)
    {
        private UpstreamFailure? _last;

        public int Attempts { get; private set; }

        public TimeSpan Backoff { get; private set; }

        /// <returns>What the attempt before came to; null for the first.</returns>
        public UpstreamFailure? Begin()
        {
            Attempts++;
            return _last;
        }

        public bool WantsAnother(UpstreamFailure failure, RetryBudget budget)
        {
            if (Attempts >= plan.MaxAttempts || !plan.IsWorthIt(failure))
                return false;
            var backoff = plan.InitialBackoff * Math.Pow(2, Attempts - 1) * Jitter();
            // What the API asks for (RFC 9110 section 10.2.3) is the least.
            Backoff = failure.RetryAfter > backoff ? failure.RetryAfter.Value : backoff;
            // An attempt that can't end in time isn't begun, nor waited for.
            if (Backoff >= timeLeft() || !budget.TryTakeRetry(host))
                return false;
            _last = failure;
            return true;
        }

        /// <summary>0.75 to 1.25, so that callers who failed together don't come back together.</summary>
        private static double Jitter() => 0.75 + (RandomNumberGenerator.GetInt32(0, 1_001) / 2_000.0);
    }
}
