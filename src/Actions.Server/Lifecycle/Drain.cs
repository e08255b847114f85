using Actions.Server.Errors;
using Actions.Server.Logging;
using Microsoft.Extensions.Options;

namespace Actions.Server.Lifecycle;

/// <summary>
/// Drains the server's calls before it stops. Counts the running ones; once the drain has begun it refuses new ones,
/// lets the running ones finish within the grace period and then cuts them off.
/// </summary>
/// <remarks>The listeners stay open meanwhile: a refused client gets the reason.</remarks>
internal sealed class Drain(
    ServingStatus status,
    IOptions<DrainOptions> options,
    TimeProvider time,
    ILogger<Drain> log) : IDisposable
{
    // Often enough for an operator who watches the log, seldom enough for a log that is kept.
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(5);

    private readonly TimeSpan _gracePeriod = options.Value.GracePeriod;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _graceOver = new();
    private readonly CancellationTokenSource _aborted = new();
    private readonly TaskCompletionSource _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _running;
    private bool _begun;

    /// <summary>
    /// Cancelled when a call that still runs has to end now. Link to it and let the cancellation surface:
    /// the interceptor turns it into <see cref="DrainingException"/>.
    /// </summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <summary>Counts a call in.</summary>
    /// <exception cref="DrainingException">The drain has begun.</exception>
    public void Enter()
    {
        lock (_gate)
        {
            if (_begun)
                throw new DrainingException();

            _running++;
        }
    }

    /// <summary>
    /// Counts in what goes on when its call has ended. Never refused: a call that is still counted carries it until
    /// now.
    /// </summary>
    public void Keep()
    {
        lock (_gate)
            _running++;
    }

    /// <summary>Counts a call out.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (--_running == 0 && _begun)
                _idle.TrySetResult();
        }
    }

    /// <summary>
    /// Completes when no call is running any more, or when the running ones were cancelled. Call it once.
    /// </summary>
    public async Task RunAsync()
    {
        var started = time.GetTimestamp();
        log.DrainStarted(Begin(), _gracePeriod);

        using var gracePeriod = new CancellationTokenSource(_gracePeriod, time);
        using var graceOver = CancellationTokenSource.CreateLinkedTokenSource(gracePeriod.Token, _graceOver.Token);
        if (await FinishAsync(started, graceOver.Token).ConfigureAwait(false))
        {
            log.Drained(time.GetElapsedTime(started));
            return;
        }

        log.GracePeriodExpired(time.GetElapsedTime(started), Running());
        await _aborted.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Ends the grace period of a drain that has begun or is about to.</summary>
    public void EndGrace() => _graceOver.Cancel();

    /// <summary>The host stops, drained or not: all running calls have to end now.</summary>
    public void Abort()
    {
        Begin();
        EndGrace();
        _aborted.Cancel();
    }

    public void Dispose()
    {
        _graceOver.Dispose();
        _aborted.Dispose();
    }

    private int Begin()
    {
        int running;
        lock (_gate)
        {
            _begun = true;
            running = _running;
            if (running == 0)
                _idle.TrySetResult();
        }

        // Only now: after the status has changed, every new call is refused.
        status.MoveTo(ServingState.Draining);
        return running;
    }

    private int Running()
    {
        lock (_gate)
            return _running;
    }

    private async Task<bool> FinishAsync(long started, CancellationToken graceOver)
    {
        while (true)
        {
            try
            {
                await _idle.Task.WaitAsync(ReportInterval, time, graceOver).ConfigureAwait(false);
                return true;
            }
            catch (TimeoutException)
            {
                log.DrainContinues(time.GetElapsedTime(started), _gracePeriod, Running());
            }
            catch (OperationCanceledException)
            {
                return false;
            }
        }
    }
}
