using System.Runtime.ExceptionServices;
using Actions.Server.Configuration;
using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Startup;

/// <summary>Prepares the store before the first call, then checks it and sets <see cref="ServingStatus"/>.</summary>
internal sealed class StoreProbe(
    IActionStore store,
    StorePreparation preparation,
    Exposure exposure,
    ServingStatus status,
    IOptions<ReadinessOptions> options,
    IOptions<ServerOptions> server,
    TimeProvider time,
    IHostApplicationLifetime host,
    ILogger<StoreProbe> log) : BackgroundService
{
    // Interval while the store is unavailable, so that recovery is detected soon.
    private static readonly TimeSpan RecoveryInterval = TimeSpan.FromSeconds(1);

    // How long the start waits for the store before it continues without it, and how long a later attempt may take: a
    // first start creates indexes, or waits for another server that is creating them.
    private static readonly TimeSpan FirstTry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LaterTry = TimeSpan.FromSeconds(30);

    private readonly TimeSpan _interval = options.Value.CheckInterval;
    private readonly TimeSpan _checkTimeout = TimeSpan.FromTicks(
        Math.Min(options.Value.CheckInterval.Ticks, server.Value.StoreTimeout.Ticks));

    private bool _isAwaited;
    private ExceptionDispatchInfo? _refusal;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        exposure.RequireTls();
        // An error that isn't transient is a mistake in the configuration: it ends the start, before a port is open.
        await TryPrepareAsync(FirstTry, cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Rethrows an error that occurred after the start, so that the process ends as after a failed start.
    /// </summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        _refusal?.Throw();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (!status.Prepared.IsCompleted)
            {
                await Task.Delay(RecoveryInterval, time, stoppingToken).ConfigureAwait(false);
                await TryPrepareAsync(LaterTry, stoppingToken).ConfigureAwait(false);
            }

            while (true)
            {
                var interval = status.State == ServingState.StoreUnavailable && RecoveryInterval < _interval
                    ? RecoveryInterval
                    : _interval;
                await Task.Delay(interval, time, stoppingToken).ConfigureAwait(false);
                Report(await CheckAsync(stoppingToken).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // If the start fails after this task has begun, the host would log the cancellation as a crash.
        }
        catch (Exception e) when (!status.Prepared.IsCompleted)
        {
            _refusal = ExceptionDispatchInfo.Capture(e);
            host.StopApplication();
        }
    }

    private async Task TryPrepareAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        try
        {
            await TimeLimit.RunAsync(time, within, preparation.RunAsync, cancellationToken).ConfigureAwait(false);
            if (status.MoveTo(ServingState.Ready) && _isAwaited)
                log.StoreIsPrepared();
        }
        catch (StoreUnavailableException e) when (e.IsTransient)
        {
            Await(e);
        }
        catch (TimeoutException e)
        {
            Await(e);
        }
    }

    private void Await(Exception failure)
    {
        if (!_isAwaited)
            log.StoreIsAwaited(failure);
        _isAwaited = true;
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
        try
        {
            await TimeLimit.RunAsync(time, _checkTimeout, token => store.CheckAsync(token).WaitAsync(token), stoppingToken)
                .ConfigureAwait(false);
            return null;
        }
        catch (Exception failure) when (failure is StoreUnavailableException or TimeoutException)
        {
            return failure;
        }
    }
}
