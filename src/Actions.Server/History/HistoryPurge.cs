using Actions.Server.Logging;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.History;

/// <summary>Deletes what is older than it may be, also while nothing is recorded any more.</summary>
internal sealed class HistoryPurge(
    HistoryAccess history, IOptions<HistoryOptions> options, TimeProvider time, ILogger<HistoryPurge> log)
    : BackgroundService
{
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    // Some milliseconds of work, during which SQLite writes nothing else.
    private const int AtOnce = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, time, stoppingToken).ConfigureAwait(false);
                await PurgeAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server ends.
        }
    }

    private async Task PurgeAsync(CancellationToken stoppingToken)
    {
        var now = time.GetUtcNow();
        var ages = new HistoryAges(
            now - options.Value.Retention, now - options.Value.ContentRetention, now, AtOnce);
        try
        {
            while (await history.UseAsync(
                (store, token) => store.PurgeAsync(ages, token), HistoryAccess.LongTimeout, stoppingToken)
                .ConfigureAwait(false) == AtOnce)
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            history.PrepareAgain();
            log.HistoryNotPurged(Interval, e);
        }
    }
}
