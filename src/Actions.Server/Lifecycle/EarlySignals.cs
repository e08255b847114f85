using System.Runtime.InteropServices;

namespace Actions.Server.Lifecycle;

/// <summary>
/// The signals that end the process while it starts: it ends at once, with 0. There is no call yet to wait for, and the
/// store survives the end of a process at any moment.
/// </summary>
/// <remarks>The host would cancel its own start, which ends in an exception at an arbitrary place.</remarks>
internal sealed class EarlySignals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations;

    public EarlySignals() =>
        _registrations = [.. DrainLifetime.Signals.Select(signal => PosixSignalRegistration.Create(signal, End))];

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private static void End(PosixSignalContext context)
    {
        context.Cancel = true;
        Environment.Exit(0);
    }
}
