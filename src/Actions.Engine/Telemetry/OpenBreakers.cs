using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Polly.CircuitBreaker;

namespace Actions.Engine.Telemetry;

/// <summary>
/// Counts the breakers that aren't closed, and the transitions of all. The host is no attribute: actions choose it, so
/// it is unbounded. The log has it.
/// </summary>
internal sealed class OpenBreakers
{
    // Weak, so that a breaker that its owner has evicted while it was open is no longer counted.
    private readonly ConcurrentDictionary<WeakReference<CircuitBreakerStateProvider>, bool> _open = [];
    private readonly Counter<long> _transitions;

    public OpenBreakers(Meter meter)
    {
        _transitions = meter.CreateCounter<long>(
            "actions.breaker.transitions", "{transition}", "Breakers that changed their state, by the state since.");
        meter.CreateObservableUpDownCounter(
            "actions.breaker.open", Count, "{breaker}", "Breakers, one per host and workspace, that are open or half open.");
    }

    public CircuitBreakerStrategyOptions<T> Observe<T>(CircuitBreakerStrategyOptions<T> options)
    {
        var breaker = new WeakReference<CircuitBreakerStateProvider>(options.StateProvider ??= new CircuitBreakerStateProvider());
        options.OnOpened = _ =>
        {
            _open[breaker] = true;
            return Changed("open");
        };
        options.OnHalfOpened = _ => Changed("half_open");
        options.OnClosed = _ =>
        {
            _open.TryRemove(breaker, out var _);
            return Changed("closed");
        };
        return options;
    }

    private ValueTask Changed(string state)
    {
        if (_transitions.Enabled)
            _transitions.Add(1, new KeyValuePair<string, object?>(EngineMetrics.StateTag, state));
        return ValueTask.CompletedTask;
    }

    private long Count()
    {
        var open = 0;
        foreach (var (breaker, _) in _open)
        {
            if (breaker.TryGetTarget(out var _))
                open++;
            else
                _open.TryRemove(breaker, out var _);
        }

        return open;
    }
}
