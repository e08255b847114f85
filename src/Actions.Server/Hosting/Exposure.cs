using Actions.Server.Access;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Hosting;

/// <summary>
/// On an address that isn't loopback, the way to it has to be encrypted, which is known before a port is open, and callers
/// have to have credentials, which the store may have to tell.
/// </summary>
internal sealed class Exposure(
    IConfiguration configuration, IOptions<AccessOptions> access, IApiKeyStore keys) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var (key, url) in ListenerAddresses.BeyondLoopback(configuration))
        {
            if (!url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) && !access.Value.TlsEndedByProxy)
                throw new StartRefusedException(
                    $"{key} is an address beyond loopback without TLS. Make it https (Kestrel:Endpoints:...:Certificate), or set "
                    + $"{AccessOptions.Section}:TlsEndedByProxy to true if a proxy in front ends TLS.");
        }

        return Task.CompletedTask;
    }

    /// <summary>Before the first call.</summary>
    /// <exception cref="StartRefusedException">Others can reach the server, and nobody needs a key.</exception>
    public async Task RequireCredentialsAsync(CancellationToken cancellationToken)
    {
        if (ListenerAddresses.BeyondLoopback(configuration).FirstOrDefault() is { Key: { } listener }
            && access.Value.AdminKey.Length == 0
            && access.Value.Certificates.Count == 0
            && !await keys.AnyAsync(cancellationToken).ConfigureAwait(false))
            throw new StartRefusedException(
                $"{listener} is an address beyond loopback, and there is no key: anybody could call. Set "
                + $"{AccessOptions.Section}:AdminKey, or make a key first (Actions.Server key create --workspace default --role admin).");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
