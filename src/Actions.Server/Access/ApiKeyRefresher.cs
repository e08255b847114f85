using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Storage;

namespace Actions.Server.Access;

/// <summary>
/// Applies other servers' changes of keys within two seconds, in the background: no call waits for it.
/// </summary>
internal sealed class ApiKeyRefresher(
    ApiKeys keys, ServingStatus status, TimeProvider time, ILogger<ApiKeyRefresher> log) : BackgroundService
{
    // Half of the two seconds; the read has the other half.
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
            // The server is stopping.
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
            // StoreProbe logs it.
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            log.KeyRefreshFailed(e);
        }
    }
}
