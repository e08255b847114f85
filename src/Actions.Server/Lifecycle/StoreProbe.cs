using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Lifecycle;

/// <summary>Prepares the store before the first call, then keeps <see cref="ServingStatus"/> true to it.</summary>
internal sealed class StoreProbe(
    IActionStore store,
    ServingStatus status,
    IOptions<ReadinessOptions> options,
    TimeProvider time,
    ILogger<StoreProbe> log) : BackgroundService
{
    private readonly TimeSpan _interval = options.Value.CheckInterval;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // A store that can't be opened at the start is a mistake in the configuration: the error ends the start,
        // before a port is open. Later on it is an outage, which only makes the server not ready.
        await store.InitializeAsync(cancellationToken).ConfigureAwait(false);
        status.MoveTo(ServingState.Ready);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
                Report(await CheckAsync(stoppingToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Caught here because the host takes it for a crash when the start failed after this had begun.
        }
    }

    private void Report(Exception? failure)
    {
        if (!status.MoveTo(failure is null ? ServingState.Ready : ServingState.StoreUnavailable))
            return;

        if (failure is null)
            log.StoreIsBack();
        else
            log.StoreIsUnavailable(failure);
    }

    private async Task<Exception?> CheckAsync(CancellationToken stoppingToken)
    {
        using var timeout = new CancellationTokenSource(_interval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stoppingToken);
        try
        {
            await store.CheckAsync(either.Token).ConfigureAwait(false);
            return null;
        }
        catch (StoreUnavailableException failure)
        {
            return failure;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return new TimeoutException("The store didn't answer in time.");
        }
    }
}
