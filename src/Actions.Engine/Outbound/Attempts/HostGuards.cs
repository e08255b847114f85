using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Actions.Engine.Telemetry;
using Actions.V1;
using Polly;
using Polly.CircuitBreaker;

namespace Actions.Engine.Outbound.Attempts;

/// <summary>An API's host as one workspace uses it: what one workspace breaks, another doesn't feel.</summary>
internal readonly record struct HostKey(string Workspace, string Authority);

/// <summary>
/// One circuit breaker and one concurrency limit per host and workspace. What they hold back fails at once.
/// </summary>
internal sealed class HostGuards(EngineOptions options, TimeProvider time, EngineMetrics metrics)
{
    private readonly ConcurrentDictionary<HostKey, Guard> _guards = new();

    /// <summary>Makes one attempt, or refuses to.</summary>
    public async Task<Attempt> RunAsync(HostKey host, Func<CancellationToken, Task<Attempt>> attempt, CancellationToken cancellationToken)
    {
        var guard = _guards.GetOrAdd(host, _ => new Guard(Limiter(), Circuit()));
        using var lease = guard.Limiter.AttemptAcquire();
        if (!lease.IsAcquired)
            return Overloaded("Too many calls to this host are in flight.", EngineMetrics.ConcurrencyLimit);
        try
        {
            return await guard.Circuit.ExecuteAsync(
                static async (run, token) => await run(token).ConfigureAwait(false), attempt, cancellationToken).ConfigureAwait(false);
        }
        catch (BrokenCircuitException)
        {
            return Overloaded(
                "The circuit to this host is open: too many calls to it have failed just now.", EngineMetrics.BreakerOpen);
        }
    }

    private Attempt Overloaded(string detail, string refusal)
    {
        metrics.Refused(refusal);
        return new(new UpstreamFailure(FailureReason.Overloaded, detail));
    }

    private ConcurrencyLimiter Limiter() => new(new ConcurrencyLimiterOptions { PermitLimit = options.MaxCallsPerHost });

    private ResiliencePipeline<Attempt> Circuit() =>
        new ResiliencePipelineBuilder<Attempt> { TimeProvider = time }
            .AddCircuitBreaker(metrics.Observed(new CircuitBreakerStrategyOptions<Attempt>
            {
                FailureRatio = options.CircuitFailureRatio,
                MinimumThroughput = options.CircuitMinimumAttempts,
                SamplingDuration = options.CircuitSamplingDuration,
                BreakDuration = options.CircuitBreakDuration,
                ShouldHandle = static arguments => ValueTask.FromResult(arguments.Outcome.Result?.Failure is { IsHostFault: true }),
            }))
            .Build();

    private sealed record Guard(ConcurrencyLimiter Limiter, ResiliencePipeline<Attempt> Circuit);
}
