using System.Runtime.ExceptionServices;
using Actions.Server.Configuration;
using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Startup;

/// <summary>Has the store prepared before the first call, then keeps <see cref="ServingStatus"/> true to it.</summary>
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
    // While the store is away, so that its return is seen soon; a check of a store that is away costs it nothing.
    private static readonly TimeSpan AwayInterval = TimeSpan.FromSeconds(1);

    // How long the start waits before it goes on without the store, and how long a later try may take: a first start makes
    // indexes, and waits for another server that is making them.
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
        // What waiting doesn't mend is a mistake in the configuration: the error ends the start, before a port is open.
        await TryPrepareAsync(FirstTry, cancellationToken).ConfigureAwait(false);
        await base.StartAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Throws what was found too late to throw it from the start, so that the process ends in the same way.</summary>
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
                await Task.Delay(AwayInterval, time, stoppingToken).ConfigureAwait(false);
                await TryPrepareAsync(LaterTry, stoppingToken).ConfigureAwait(false);
            }

            while (true)
            {
                var interval = status.State == ServingState.StoreUnavailable && AwayInterval < _interval ? AwayInterval : _interval;
                await Task.Delay(interval, time, stoppingToken).ConfigureAwait(false);
                Report(await CheckAsync(stoppingToken).ConfigureAwait(false));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Caught here because the host takes it for a crash when the start failed after this had begun.
        }
        catch (Exception e) when (!status.Prepared.IsCompleted)
        {
            _refusal = ExceptionDispatchInfo.Capture(e);
            host.StopApplication();
        }
    }

    private async Task TryPrepareAsync(TimeSpan within, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await preparation.RunAsync(either.Token).ConfigureAwait(false);
            if (status.MoveTo(ServingState.Ready) && _isAwaited)
                log.StoreIsPrepared();
        }
        catch (StoreUnavailableException e) when (e.MayReturn)
        {
            Await(e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Await(new TimeoutException($"The store didn't answer within {within}."));
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
        using var timeout = new CancellationTokenSource(_checkTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stoppingToken);
        try
        {
            await store.CheckAsync(either.Token).WaitAsync(either.Token).ConfigureAwait(false);
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
