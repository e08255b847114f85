using System.Net;
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
        var exposed = EndpointsBeyondLoopback(configuration);
        if (exposed.Count == 0)
            return;

        foreach (var (key, address) in exposed)
        {
            if (address.Scheme != Uri.UriSchemeHttps && !access.Value.TlsEndedByProxy)
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

    /// <returns>The configuration keys of such listeners, with their addresses.</returns>
    internal static IReadOnlyList<(string Key, BindingAddress Address)> EndpointsBeyondLoopback(IConfiguration configuration) =>
    [
        .. from endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren()
           let address = Parse(endpoint["Url"])
           where address is not null && !IsLoopback(address)
           select ($"{endpoint.Path}:Url", address),
    ];

    // What is no address, Kestrel refuses in its own words.
    private static BindingAddress? Parse(string? url)
    {
        try
        {
            return url is null ? null : BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static bool IsLoopback(BindingAddress address) =>
        address.IsUnixPipe || address.IsNamedPipe
        || address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(address.Host, out var ip) && IPAddress.IsLoopback(ip));

    private async Task<bool> AnyKeyAsync(CancellationToken cancellationToken)
    {
        await store.InitializeAsync(cancellationToken).ConfigureAwait(false);
        return await keys.AnyAsync(cancellationToken).ConfigureAwait(false);
    }
}
