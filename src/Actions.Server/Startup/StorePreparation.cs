using Actions.Server.Secrets;
using Actions.Storage;

namespace Actions.Server.Startup;

/// <summary>All that has to happen in the store before the first call, in order.</summary>
internal sealed class StorePreparation(IActionStore store, KeyRingStart ring, Exposure exposure)
{
    /// <exception cref="StoreUnavailableException">Whether it is worth another try, it says.</exception>
    /// <exception cref="KeyRingUnreadableException">Another try would find the same.</exception>
    /// <exception cref="Configuration.StartRefusedException">Likewise.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await store.InitializeAsync(cancellationToken).ConfigureAwait(false);
        await ring.RunAsync(cancellationToken).ConfigureAwait(false);
        await exposure.RequireCredentialsAsync(cancellationToken).ConfigureAwait(false);
    }
}
