using System.Net;
using Actions.Server.Errors;
using BitFaster.Caching.Lru;
using Microsoft.Extensions.Options;

namespace Actions.Server.Strangers;

/// <summary>
/// Makes wrong credentials slow to try. Only a call whose credentials were found wrong comes here: one with the right
/// key is never late, whatever others at its address do.
/// </summary>
internal sealed class WrongKeys(IOptions<StrangerOptions> options, TimeProvider time)
{
    // Each refusal that waits holds a call open, some 15 KiB.
    private const int MaxWaitingPerAddress = 64;
    private const int MaxWaiting = 1_024;

    // Some hundred bytes each. The most recently used are kept.
    private const int MaxAddresses = 10_000;

    private readonly ConcurrentLru<IPAddress, Budget> _budgets =
        new(Environment.ProcessorCount, MaxAddresses, EqualityComparer<IPAddress>.Default);

    private int _waiting;

    /// <summary>Returns when the refusal may be sent.</summary>
    /// <exception cref="LimitReachedException">Too many calls of the address wait for their refusal.</exception>
    public async Task PayAsync(IPAddress? client, CancellationToken cancellationToken)
    {
        var budget = _budgets.GetOrAdd(ClientNetwork.Of(client), _ => new Budget(options.Value, time));
        if (budget.TryTake())
            return;
        var delay = options.Value.WrongKeyDelay;
        if (!TryWait(budget))
            throw new LimitReachedException(
                "The client's address", $"{options.Value.WrongKeysPerSecond} calls per second with wrong credentials",
                    delay);
        // A client that hangs up doesn't wait: its place stays taken for as long.
        var waited = EndAsync(budget, Task.Delay(delay, time, CancellationToken.None));
        await waited.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private bool TryWait(Budget budget)
    {
        if (Interlocked.Increment(ref _waiting) <= MaxWaiting)
        {
            if (Interlocked.Increment(ref budget.Waiting) <= MaxWaitingPerAddress)
                return true;
            Interlocked.Decrement(ref budget.Waiting);
        }

        Interlocked.Decrement(ref _waiting);
        return false;
    }

    private async Task EndAsync(Budget budget, Task delay)
    {
        await delay.ConfigureAwait(false);
        Interlocked.Decrement(ref budget.Waiting);
        Interlocked.Decrement(ref _waiting);
    }

    private sealed class Budget(StrangerOptions options, TimeProvider time)
    {
        private readonly Lock _gate = new();
        private double _left = options.WrongKeyBurst;
        private long _filled = time.GetTimestamp();

        public int Waiting;

        public bool TryTake()
        {
            lock (_gate)
            {
                var now = time.GetTimestamp();
                var earned = time.GetElapsedTime(_filled, now).TotalSeconds * options.WrongKeysPerSecond;
                _filled = now;
                _left = Math.Min(_left + earned, options.WrongKeyBurst);
                if (_left < 1)
                    return false;
                _left--;
                return true;
            }
        }
    }
}
