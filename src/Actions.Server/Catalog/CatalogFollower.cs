using Actions.Server.Configuration;
using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Server.Telemetry;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Catalog;

/// <summary>
/// Drops actions from the cache that other servers have written: within a second if the store has a change stream, and
/// by polling etags if it has none or the stream is silent.
/// </summary>
internal sealed class CatalogFollower(
    IActionStore store,
    PlanCache cache,
    ServingStatus status,
    IOptions<ServerOptions> options,
    TimeProvider time,
    CatalogMetrics metrics,
    ILogger<CatalogFollower> log) : BackgroundService
{
    // Actions in one call of ReadEtagsAsync: a request of about 100 KB.
    private const int BatchSize = 1_000;

    // Before an ended stream is reopened: the store's configuration may have changed.
    private static readonly TimeSpan ReopenInterval = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _interval = options.Value.CatalogCheckInterval;
    private long _lastBatchAt = time.GetTimestamp();
    private volatile bool _watchActive;
    private volatile bool _verifyPending;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await status.Prepared.WaitAsync(stoppingToken).ConfigureAwait(false);
            await Task.WhenAll(WatchAsync(stoppingToken), PollWhenSilentAsync(stoppingToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server is stopping.
        }
    }

    private async Task WatchAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await foreach (var changes in store.WatchAsync(stoppingToken).ConfigureAwait(false))
                    await FollowAsync(changes, stoppingToken).ConfigureAwait(false);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                log.ChangeStreamFailed(e);
            }

            await Task.Delay(ReopenInterval, time, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(ActionChanges changes, CancellationToken stoppingToken)
    {
        // Writes during the silence may have gone unreported.
        var mayHaveMissed = changes.MayHaveMissed || !_watchActive;
        foreach (var (action, etag) in changes.Changes)
            cache.Invalidate(action, etag);
        if (mayHaveMissed)
        {
            cache.InvalidateLoads();
            if (!await TryVerifyAsync(stoppingToken).ConfigureAwait(false))
                _verifyPending = true;
        }

        Interlocked.Exchange(ref _lastBatchAt, time.GetTimestamp());
        if (!_watchActive)
            log.ChangeNotificationsActive();
        _watchActive = true;
        metrics.IsPolling = false;
    }

    private async Task PollWhenSilentAsync(CancellationToken stoppingToken)
    {
        // Finer than the interval, so that the silence and the time since the last poll don't add up.
        using var timer = new PeriodicTimer(_interval / 5, time);
        var verifiedAt = time.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            var isSilent = time.GetElapsedTime(Interlocked.Read(ref _lastBatchAt)) >= _interval;
            if (isSilent && _watchActive)
            {
                _watchActive = false;
                metrics.IsPolling = true;
                log.ChangeNotificationsSilent(_interval);
            }

            if (!_verifyPending && !(isSilent && time.GetElapsedTime(verifiedAt) >= _interval))
                continue;
            verifiedAt = time.GetTimestamp();
            _verifyPending = false;
            if (!await TryVerifyAsync(stoppingToken).ConfigureAwait(false))
                _verifyPending = true;
        }
    }

    /// <returns>False: the store is unavailable, and the cache stays as it is.</returns>
    private async Task<bool> TryVerifyAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (var batch in cache.Cached.Chunk(BatchSize))
            {
                var actions = batch.Select(cached => cached.Key).ToList();
                var etags = await store.ReadEtagsAsync(actions, stoppingToken).ConfigureAwait(false);
                foreach (var cached in batch.Where(cached => etags.GetValueOrDefault(cached.Key) != cached.Value.Etag))
                    cache.Drop(cached);
            }

            return true;
        }
        catch (StoreUnavailableException)
        {
            // StoreProbe logs it.
            return false;
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            log.ChangeStreamFailed(e);
            return false;
        }
    }
}
