using System.Collections.Concurrent;
using Actions.Engine.Outcomes;
using Actions.V1;

namespace Actions.Engine.Executions;

/// <summary>Carries Retry events from the attempts to the event stream.</summary>
internal sealed class RetryFeed
{
    private readonly ConcurrentQueue<Retry> _retries = [];

    /// <param name="attempt">The number of the attempt that starts.</param>
    /// <param name="last">The failure of the previous attempt.</param>
    public void Add(int attempt, UpstreamFailure last) => _retries.Enqueue(
        new Retry { Attempt = attempt, Reason = last.Reason, Detail = last.Detail, StatusCode = last.StatusCode });

    public Retry? TryTake() => _retries.TryDequeue(out var retry) ? retry : null;
}
