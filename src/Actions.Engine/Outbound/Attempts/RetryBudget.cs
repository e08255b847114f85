using Actions.Engine.Limits;
using Actions.Engine.Telemetry;
using BitFaster.Caching.Lru;

namespace Actions.Engine.Outbound.Attempts;

/// <summary>
/// Keeps retries from overloading an API that is down: per host and within the last minute, attempts stay within 1.1
/// times the executions. Applies once more than a minimum number of executions ran.
/// </summary>
internal sealed class RetryBudget(EngineOptions options, TimeProvider time, EngineMetrics metrics)
{
    private const int Seconds = 60;
    private const double AttemptsPerExecution = 1.1;

    // Keyed by host alone: it is down for all workspaces, and their retries add up. The most recently used hosts are
    // kept.
    private readonly ConcurrentLru<string, Window> _windows =
        new(Environment.ProcessorCount, options.MaxTrackedHosts, StringComparer.Ordinal);

    /// <summary>Counts an execution and its first attempt.</summary>
    public void CountExecution(HostKey host) => WindowOf(host).Add(Now(), executions: 1, attempts: 1);

    /// <summary>Counts another attempt if the budget allows it.</summary>
    public bool TryTakeRetry(HostKey host)
    {
        if (WindowOf(host).TryTakeRetry(Now(), options.RetryBudgetFreeExecutions))
            return true;
        metrics.Refused(EngineMetrics.RetryBudget);
        return false;
    }

    private Window WindowOf(HostKey host) => _windows.GetOrAdd(host.Authority, static _ => new Window());

    private long Now() => time.GetTimestamp() / time.TimestampFrequency;

    /// <summary>A sliding window of one minute in buckets of one second.</summary>
    private sealed class Window
    {
        private readonly Lock _gate = new();
        private readonly int[] _executions = new int[Seconds];
        private readonly int[] _attempts = new int[Seconds];
        private long _newest;

        public void Add(long now, int executions, int attempts)
        {
            lock (_gate)
            {
                Forget(now);
                _executions[_newest % Seconds] += executions;
                _attempts[_newest % Seconds] += attempts;
            }
        }

        public bool TryTakeRetry(long now, int free)
        {
            lock (_gate)
            {
                Forget(now);
                var executions = _executions.Sum();
                if (executions > free && _attempts.Sum() + 1 > executions * AttemptsPerExecution)
                    return false;
                _attempts[_newest % Seconds]++;
                return true;
            }
        }

        private void Forget(long now)
        {
            for (var second = Math.Max(_newest + 1, now - Seconds + 1); second <= now; second++)
                _executions[second % Seconds] = _attempts[second % Seconds] = 0;
            _newest = Math.Max(_newest, now);
        }
    }
}
