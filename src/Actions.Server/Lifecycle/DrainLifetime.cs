using System.Runtime.InteropServices;
using Actions.Server.Logging;

namespace Actions.Server.Lifecycle;

/// <summary>
/// Ties the host to the process: a signal to end drains first and stops the host, and with it the listeners, after
/// that. A second signal ends the grace.
/// </summary>
/// <remarks>In place of the console lifetime, which stops the host at once.</remarks>
internal sealed class DrainLifetime(Drain drain, IHostApplicationLifetime host, ILogger<DrainLifetime> log)
    : IHostLifetime, IDisposable
{
    private static readonly PosixSignal[] Signals = [PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT];

    private readonly List<IDisposable> _registrations = [];
    private Task _drained = Task.CompletedTask;
    private int _signals;

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        // However the host is stopped, no call may hold it up.
        _registrations.Add(host.ApplicationStopping.Register(drain.Abort));
        foreach (var signal in Signals)
            _registrations.Add(PosixSignalRegistration.Create(signal, OnSignal));

        return Task.CompletedTask;
    }

    // Throws what went wrong in the drain, if anything did.
    public Task StopAsync(CancellationToken cancellationToken) => _drained;

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
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
