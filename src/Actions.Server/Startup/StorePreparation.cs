using Actions.Server.Secrets;
using Actions.Storage;

namespace Actions.Server.Startup;

/// <summary>Runs all steps that need the store before the first call, in order.</summary>
internal sealed class StorePreparation(IActionStore store, ICallStore calls, KeyRingStart ring, Exposure exposure)
{
    /// <exception cref="StoreUnavailableException">Another attempt may succeed if the error is transient.</exception>
    /// <exception cref="KeyRingUnreadableException">Another attempt would fail too.</exception>
    /// <exception cref="Configuration.StartRefusedException">Another attempt would fail too.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await store.InitializeAsync(cancellationToken).ConfigureAwait(false);
        await calls.InitializeAsync(cancellationToken).ConfigureAwait(false);
        await ring.RunAsync(cancellationToken).ConfigureAwait(false);
        await exposure.RequireCredentialsAsync(cancellationToken).ConfigureAwait(false);
    }
}
