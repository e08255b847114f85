using Actions.Server.Access;
using Actions.Server.Configuration;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Startup;

/// <summary>
/// On an address that isn't loopback, the way to it has to be encrypted, which is known before a port is open, and
/// callers
/// have to have credentials, which the store may have to tell.
/// </summary>
internal sealed class Exposure(
    IConfiguration configuration, IOptions<AccessOptions> access, IApiKeyStore keys)
{
    /// <summary>Before a port is open.</summary>
    /// <exception cref="StartRefusedException">A listener beyond loopback has no TLS, and no proxy in front has
    /// it.</exception>
    public void RequireTls()
    {
        foreach (var (key, url) in ListenerAddresses.BeyondLoopback(configuration))
        {
            if (!url.StartsWith("https://", StringComparison.OrdinalIgnoreCase) && !access.Value.TlsEndedByProxy)
                throw new StartRefusedException(
                    $"{key} is an address beyond loopback without TLS. Make it https (Kestrel:Endpoints:...:Certificate), or set "
                    + $"{AccessOptions.Section}:TlsEndedByProxy to true if a proxy in front ends TLS.");
        }
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
}
