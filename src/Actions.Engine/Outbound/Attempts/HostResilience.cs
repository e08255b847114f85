using Actions.Engine.Limits;
using Actions.Engine.Outcomes;
using Actions.Engine.Telemetry;
using Actions.V1;
using Polly;
using Polly.CircuitBreaker;
using Polly.RateLimiting;

namespace Actions.Engine.Outbound.Attempts;

/// <summary>
/// An API's host as used by one workspace: workspaces share neither concurrency limit nor circuit breaker.
/// </summary>
internal readonly record struct HostKey(string Workspace, string Authority);

/// <summary>
/// One pipeline per host and workspace: a concurrency limit, then a circuit breaker. An attempt that either rejects
/// fails at once. All hosts with an attempt in flight are kept, and the most recently used of the others.
/// </summary>
internal sealed class HostResilience(EngineOptions options, TimeProvider time, EngineMetrics metrics)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<HostKey, Host> _hosts = [];
    // Least recently used first.
    private readonly LinkedList<Host> _idle = [];

    /// <summary>Number of hosts that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _hosts.Count;
        }
    }

    /// <summary>Makes one attempt, or rejects it.</summary>
    public async Task<AttemptResult> RunAsync<T>(
        HostKey key, Func<T, CancellationToken, Task<AttemptResult>> attempt, T state, CancellationToken cancellationToken)
    {
        var host = Acquire(key);
        var context = ResilienceContextPool.Shared.Get(cancellationToken);
        try
        {
            var outcome = await host.Pipeline.ExecuteOutcomeAsync(
                static async (context, call) => Polly.Outcome.FromResult(
                    await call.attempt(call.state, context.CancellationToken).ConfigureAwait(false)),
                context,
                (attempt, state)).ConfigureAwait(false);
            if (outcome.Exception is RateLimiterRejectedException)
                return Overloaded("Too many calls to this host are in flight.", EngineMetrics.ConcurrencyLimit);
            if (outcome.Exception is BrokenCircuitException)
                return Overloaded(
                    "The circuit breaker of this host is open: too many calls to it have failed recently.", EngineMetrics.BreakerOpen);
            outcome.ThrowIfException();
            return outcome.Result!;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
            Release(host);
        }
    }

    private AttemptResult.Failed Overloaded(string detail, string refusal)
    {
        metrics.Refused(refusal);
        return new(new UpstreamFailure(FailureReason.Overloaded, detail));
    }

    private Host Acquire(HostKey key)
    {
        lock (_gate)
        {
            if (!_hosts.TryGetValue(key, out var host))
                _hosts.Add(key, host = new Host(key, CreatePipeline()));
            else if (host.InFlight == 0)
                _idle.Remove(host.Node);
            host.InFlight++;
            return host;
        }
    }

    private void Release(Host host)
    {
        lock (_gate)
        {
            if (--host.InFlight > 0)
                return;
            _idle.AddLast(host.Node);
            while (_hosts.Count > options.MaxTrackedHosts && _idle.First is { Value: var oldest } first)
            {
                _idle.Remove(first);
                _hosts.Remove(oldest.Key);
            }
        }
    }

    private ResiliencePipeline<AttemptResult> CreatePipeline() =>
        new ResiliencePipelineBuilder<AttemptResult> { TimeProvider = time }
            .AddConcurrencyLimiter(options.MaxCallsPerHost)
            .AddCircuitBreaker(metrics.Observed(new CircuitBreakerStrategyOptions<AttemptResult>
            {
                FailureRatio = options.CircuitFailureRatio,
                MinimumThroughput = options.CircuitMinimumAttempts,
                SamplingDuration = options.CircuitSamplingDuration,
                BreakDuration = options.CircuitBreakDuration,
                ShouldHandle = static arguments =>
                    ValueTask.FromResult(arguments.Outcome.Result is AttemptResult.Failed { Failure.IsHostFault: true }),
            }))
            .Build();

    private sealed class Host
    {
        public Host(HostKey key, ResiliencePipeline<AttemptResult> pipeline)
        {
            (Key, Pipeline) = (key, pipeline);
            Node = new LinkedListNode<Host>(this);
        }

        public HostKey Key { get; }

        public ResiliencePipeline<AttemptResult> Pipeline { get; }

        public LinkedListNode<Host> Node { get; }

        public int InFlight { get; set; }
    }
}
