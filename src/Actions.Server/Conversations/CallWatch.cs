using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Conversations;

/// <summary>Hears of calls that another server has ended, and deletes what has expired.</summary>
internal sealed class CallWatch(
    ICallStore store, Runs runs, CallBook book, ServingStatus status, IOptions<CallsOptions> options, TimeProvider time,
    ILogger<CallWatch> log)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PurgeInterval = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await WatchAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server ends, or couldn't start.
        }
    }

    private async Task WatchAsync(CancellationToken stoppingToken)
    {
        await status.Prepared.WaitAsync(stoppingToken).ConfigureAwait(false);
        var purged = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            // A server without calls has nothing to watch, but may have to purge what another one has left behind.
            await runs.InUse.WaitAsync(PurgeInterval, time, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(false);
            try
            {
                runs.Trim();
                await LookAsync(stoppingToken).ConfigureAwait(false);
                if (time.GetElapsedTime(purged) < PurgeInterval)
                    continue;
                purged = time.GetTimestamp();
                await store.PurgeAsync(time.GetUtcNow(), options.Value.MaxCallsPerWorkspace, stoppingToken)
                    .ConfigureAwait(false);
            }
            catch (StoreUnavailableException)
            {
                // The next look finds it.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.CallWatchFailed(e);
            }
        }
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        if (runs.Calls() is not { Count: > 0 } calls)
            return;
        foreach (var (call, ended) in await store.FindEndedAsync(calls, cancellationToken).ConfigureAwait(false))
            book.ForgetHere(call, ended);
    }
}
