using Actions.Server.Lifecycle;
using Actions.Server.Telemetry;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Catalog;

/// <summary>
/// Makes the catalog forget what other servers have changed: told by the store within a second; where the store tells of
/// nothing, or has fallen silent, by comparing etags.
/// </summary>
internal sealed class CatalogFollower(
    IActionStore store,
    ActionCatalog catalog,
    StoreReads reads,
    StorePreparation preparation,
    IOptions<ServerOptions> options,
    TimeProvider time,
    CatalogMetrics metrics,
    ILogger<CatalogFollower> log) : BackgroundService
{
    // Of ReadEtagsAsync: a request of some 100 KB.
    private const int BatchSize = 1_000;

    // What ended is begun anew: after a change of the store's own configuration it may tell more.
    private static readonly TimeSpan WatchAgainAfter = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _interval = options.Value.CatalogCheckInterval;
    private long _heardAt = time.GetTimestamp();
    private volatile bool _isTold;
    private volatile bool _mustVerify;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await preparation.Done.WaitAsync(stoppingToken).ConfigureAwait(false);
            await Task.WhenAll(ListenAsync(stoppingToken), VerifyWhenSilentAsync(stoppingToken)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Nobody executes any more.
        }
    }

    private async Task ListenAsync(CancellationToken stoppingToken)
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
                log.FollowingBroke(e);
            }

            await Task.Delay(WatchAgainAfter, time, stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task FollowAsync(ActionChanges changes, CancellationToken stoppingToken)
    {
        // The silence, too, may have hidden something from us.
        var mayHaveMissed = changes.MayHaveMissed || !_isTold;
        foreach (var (action, etag) in changes.Changes)
            catalog.Invalidate(action, etag);
        if (mayHaveMissed)
        {
            catalog.MayHaveMissedWrites();
            if (!await TryVerifyAsync(stoppingToken).ConfigureAwait(false))
                _mustVerify = true;
        }

        Interlocked.Exchange(ref _heardAt, time.GetTimestamp());
        if (!_isTold)
            log.StoreTellsOfChanges();
        _isTold = true;
        metrics.IsPolling = false;
    }

    private async Task VerifyWhenSilentAsync(CancellationToken stoppingToken)
    {
        // Finer than the interval, so that the silence and the time since the last look don't add up.
        using var timer = new PeriodicTimer(_interval / 5, time);
        var verifiedAt = time.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            var isSilent = time.GetElapsedTime(Interlocked.Read(ref _heardAt)) >= _interval;
            if (isSilent && _isTold)
            {
                _isTold = false;
                metrics.IsPolling = true;
                log.StoreIsSilent(_interval);
            }

            if (!catalog.TakeUnverified() && !_mustVerify && !(isSilent && time.GetElapsedTime(verifiedAt) >= _interval))
                continue;
            verifiedAt = time.GetTimestamp();
            _mustVerify = false;
            if (!await TryVerifyAsync(stoppingToken).ConfigureAwait(false))
                _mustVerify = true;
        }
    }

    /// <returns>False: it couldn't be done, and what is cached stays.</returns>
    private async Task<bool> TryVerifyAsync(CancellationToken stoppingToken)
    {
        try
        {
            foreach (var batch in catalog.Cached.Chunk(BatchSize))
            {
                var actions = batch.Select(cached => cached.Key).ToList();
                var etags = await reads.InTimeAsync(token => store.ReadEtagsAsync(actions, token), stoppingToken)
                    .ConfigureAwait(false);
                foreach (var cached in batch.Where(cached => etags.GetValueOrDefault(cached.Key) != cached.Value.Etag))
                    catalog.Drop(cached);
            }

            return true;
        }
        catch (StoreUnavailableException)
        {
            // StoreProbe says so in the log.
            return false;
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            log.FollowingBroke(e);
            return false;
        }
    }
}
