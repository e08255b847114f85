using Actions.Server.Access;
using Actions.Server.Configuration;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Startup;

/// <summary>
/// Checks a server that listens beyond loopback. Its connections must be encrypted: this is known before a port is
/// open. Its clients must need credentials: this may depend on the keys in the store.
/// </summary>
internal sealed class Exposure(
    IConfiguration configuration, IOptions<AccessOptions> access, IApiKeyStore keys)
{
    /// <summary>Call it before a port is open.</summary>
    /// <exception cref="StartRefusedException">A listener beyond loopback has no TLS, and no proxy in front ends
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

    /// <summary>Await it before the first call is accepted.</summary>
    /// <exception cref="StartRefusedException">A server that listens beyond loopback needs no credentials.</exception>
    public async Task RequireCredentialsAsync(CancellationToken cancellationToken)
    {
        if (ListenerAddresses.BeyondLoopback(configuration).FirstOrDefault() is { Key: { } listener }
            && access.Value.AdminKey.Length == 0
            && access.Value.Certificates.Count == 0
            && !await keys.AnyAsync(cancellationToken).ConfigureAwait(false))
            throw new StartRefusedException(
                $"{listener} is an address beyond loopback, and there is no key: every client would be admin. Set "
                + $"{AccessOptions.Section}:AdminKey, or create a key first (Actions.Server key create --workspace default --role admin).");
    }
}
