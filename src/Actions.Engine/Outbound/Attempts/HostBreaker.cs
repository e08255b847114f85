using Actions.Engine.Limits;
using Actions.Engine.Outcomes;
using Actions.Engine.Telemetry;
using Actions.V1;
using Polly;
using Polly.CircuitBreaker;

namespace Actions.Engine.Outbound.Attempts;

/// <summary>
/// The circuit breaker of a host. While it is closed, which is nearly always, attempts pass by it and it is told their
/// results: running them within it costs more than the request's own bookkeeping. Once it is open it lets one attempt
/// through after the break, the probe, and that one decides.
/// </summary>
internal sealed class HostBreaker
{
    // A probe that ends without a word hasn't shown that the host is well again.
    private static readonly AttemptResult NoWord =
        new AttemptResult.Failed(new UpstreamFailure(FailureReason.Connection, ""));

    private readonly CircuitBreakerStateProvider _state;
    private readonly ResiliencePipeline<AttemptResult> _pipeline;

    public HostBreaker(EngineOptions options, TimeProvider time, EngineMetrics metrics)
    {
        var breaker = metrics.Observed(new CircuitBreakerStrategyOptions<AttemptResult>
        {
            FailureRatio = options.CircuitFailureRatio,
            MinimumThroughput = options.CircuitMinimumAttempts,
            SamplingDuration = options.CircuitSamplingDuration,
            BreakDuration = options.CircuitBreakDuration,
            ShouldHandle = static arguments =>
                ValueTask.FromResult(arguments.Outcome.Result is AttemptResult.Failed { Failure.IsHostFault: true }),
        });
        _state = breaker.StateProvider!;
        _pipeline = new ResiliencePipelineBuilder<AttemptResult> { TimeProvider = time }
            .AddCircuitBreaker(breaker).Build();
    }

    public bool IsClosed => _state.CircuitState == CircuitState.Closed;

    /// <summary>Tells the result of an attempt that began while the breaker was closed.</summary>
    public void Tell(AttemptResult result)
    {
        // The result of an attempt from before the break is no probe.
        if (!IsClosed)
            return;
        var told = RunAsync(static (_, result) => ValueTask.FromResult(Polly.Outcome.FromResult(result)), result);
        // Only the attempt that opens the breaker waits, for those who are told of it.
        if (told.IsCompleted)
            told.GetAwaiter().GetResult();
        else
            _ = told.AsTask();
    }

    /// <summary>Asks an open breaker.</summary>
    /// <returns>Null: no attempt may be made now.</returns>
    public async ValueTask<Probe?> TryProbeAsync()
    {
        var probe = new Probe();
        var run = RunAsync(static (_, probe) => probe.RunAsync(), probe).AsTask();
        await Task.WhenAny(run, probe.Begun).ConfigureAwait(false);
        return probe.Begun.IsCompleted ? probe : null;
    }

    private async ValueTask RunAsync<T>(
        Func<ResilienceContext, T, ValueTask<Outcome<AttemptResult>>> attempt, T state)
    {
        var context = ResilienceContextPool.Shared.Get();
        await _pipeline.ExecuteOutcomeAsync(attempt, context, state).ConfigureAwait(false);
        ResilienceContextPool.Shared.Return(context);
    }

    /// <summary>The attempt that decides whether the breaker closes.</summary>
    internal sealed class Probe
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<AttemptResult> _result = new();

        public Task Begun => _begun.Task;

        /// <param name="result">Null: it didn't come to one.</param>
        public void End(AttemptResult? result) => _result.TrySetResult(result ?? NoWord);

        public async ValueTask<Outcome<AttemptResult>> RunAsync()
        {
            _begun.SetResult();
            return Polly.Outcome.FromResult(await _result.Task.ConfigureAwait(false));
        }
    }
}
