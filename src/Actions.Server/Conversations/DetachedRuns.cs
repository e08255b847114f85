using Actions.Server.Lifecycle;
using Actions.Server.Telemetry;
using Microsoft.Extensions.Options;

namespace Actions.Server.Conversations;

/// <summary>The places of executions that go on although nobody listens. The drain waits for them.</summary>
internal sealed class DetachedRuns
{
    private readonly Drain _drain;
    private readonly int _max;
    private int _count;

    public DetachedRuns(Drain drain, CallMetrics metrics, IOptions<CallsOptions> options)
    {
        (_drain, _max) = (drain, options.Value.MaxDetached);
        metrics.ObserveDetached(() => Volatile.Read(ref _count));
    }

    /// <summary>Call it within an RPC: its own place in the drain keeps this one's until it is taken.</summary>
    /// <returns>False: there is no place.</returns>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _count) > _max)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        _drain.Keep();
        return true;
    }

    public void Leave()
    {
        Interlocked.Decrement(ref _count);
        _drain.Leave();
    }
}
