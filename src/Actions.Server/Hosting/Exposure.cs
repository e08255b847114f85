using Actions.Server.Access;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Hosting;

/// <summary>
/// Before a port is open: on an address that isn't loopback, callers have to have credentials, and the way to it has to be
/// encrypted.
/// </summary>
internal sealed class Exposure(
    IConfiguration configuration, IOptions<AccessOptions> access, IActionStore store, IApiKeyStore keys) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var exposed = ListenerAddresses.BeyondLoopback(configuration).ToList();
        if (exposed.Count == 0)
            return;

        foreach (var (key, url) in exposed)
        {
            if (!url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) && !access.Value.TlsEndedByProxy)
                throw new StartRefusedException(
                    $"{key} is an address beyond loopback without TLS. Make it https (Kestrel:Endpoints:...:Certificate), or set "
                    + $"{AccessOptions.Section}:TlsEndedByProxy to true if a proxy in front ends TLS.");
        }

        if (access.Value.AdminKey.Length == 0 && access.Value.Certificates.Count == 0 && !await AnyKeyAsync(cancellationToken).ConfigureAwait(false))
            throw new StartRefusedException(
                $"{exposed[0].Key} is an address beyond loopback, and there is no key: anybody could call. Set "
                + $"{AccessOptions.Section}:AdminKey, or make a key first (Actions.Server key create --workspace default --role admin).");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<bool> AnyKeyAsync(CancellationToken cancellationToken)
    {
        await store.InitializeAsync(cancellationToken).ConfigureAwait(false);
        return await keys.AnyAsync(cancellationToken).ConfigureAwait(false);
    }
}
