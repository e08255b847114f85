using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Storage;

namespace Actions.Server.Access;

/// <summary>
/// Sees to it that what other servers do to keys is known here within two seconds, and that no call waits for it.
/// </summary>
internal sealed class ApiKeyRefresher(
    ApiKeys keys, ServingStatus status, TimeProvider time, ILogger<ApiKeyRefresher> log) : BackgroundService
{
    // Half of what is promised; the read has the other half.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await status.Prepared.WaitAsync(stoppingToken).ConfigureAwait(false);
            using var timer = new PeriodicTimer(Interval, time);
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
                await TryRefreshAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task TryRefreshAsync(CancellationToken stoppingToken)
    {
        try
        {
            await keys.RefreshAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            // StoreProbe says so in the log.
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            log.KeyRefreshFailed(e);
        }
    }
}
