using Actions.Server.Secrets;
using Actions.Storage;

namespace Actions.Server.Startup;

/// <summary>Everything that needs the store before the first call, in order.</summary>
internal sealed class StorePreparation(IActionStore store, KeyRingStart ring, Exposure exposure)
{
    /// <exception cref="StoreUnavailableException">If it is transient, another attempt may succeed.</exception>
    /// <exception cref="KeyRingUnreadableException">Another attempt would fail too.</exception>
    /// <exception cref="Configuration.StartRefusedException">Another attempt would fail too.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await store.InitializeAsync(cancellationToken).ConfigureAwait(false);
        await ring.RunAsync(cancellationToken).ConfigureAwait(false);
        await exposure.RequireCredentialsAsync(cancellationToken).ConfigureAwait(false);
    }
}
