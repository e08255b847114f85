using System.Runtime.InteropServices;
using Actions.Server.Logging;

namespace Actions.Server.Lifecycle;

/// <summary>
/// Handles the signals that end the process: the first one drains, then stops the host and with it the listeners. A
/// second one ends the grace period.
/// </summary>
/// <remarks>Replaces the console lifetime, which stops the host at once.</remarks>
internal sealed class DrainLifetime(
    Drain drain, IHostApplicationLifetime host, EarlySignals early, ILogger<DrainLifetime> log)
    : IHostLifetime, IDisposable
{
    public static readonly PosixSignal[] Signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];

    private readonly List<IDisposable> _registrations = [];
    private Task _drained = Task.CompletedTask;
    private int _signals;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        // No call may delay a stop of the host, whatever its cause.
        _registrations.Add(host.ApplicationStopping.Register(drain.Abort));
        // From now on there may be calls to wait for.
        _registrations.Add(host.ApplicationStarted.Register(TakeSignals));
        return Task.CompletedTask;
    }

    // Rethrows an error of the drain.
    public Task StopAsync(CancellationToken cancellationToken) => _drained;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }

    private void TakeSignals()
    {
        foreach (var signal in Signals)
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));
        early.Dispose();
    }

    private void OnSignal(PosixSignalContext context)
    {
        // Otherwise the runtime ends the process when this returns.
        context.Cancel = true;
        log.SignalReceived(context.Signal);
        if (Interlocked.Increment(ref _signals) == 1)
            _drained = DrainAndStopAsync();
        else
            drain.EndGrace();
    }

    private async Task DrainAndStopAsync()
    {
        try
        {
            await drain.RunAsync().ConfigureAwait(false);
        }
        finally
        {
            host.StopApplication();
        }
    }
}
