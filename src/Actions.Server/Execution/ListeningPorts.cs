using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Actions.Server.Execution;

/// <summary>The ports on which this server listens, for the guard of outbound calls.</summary>
/// <param name="services">Has the server. It isn't there yet when the guard is made.</param>
internal sealed class ListeningPorts(IServiceProvider services)
{
    private volatile Snapshot _last = new([], []);

    /// <summary>
    /// The listeners are looked at each time an address of this machine is checked: one that opens later is known at
    /// once. Only their texts are read once.
    /// </summary>
    public IReadOnlyCollection<int> Now()
    {
        var addresses = services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        var last = _last;
        if (!last.Addresses.SequenceEqual(addresses, StringComparer.Ordinal))
        {
            string[] copy = [.. addresses];
            _last = last = new Snapshot(copy, [.. copy.Select(address => BindingAddress.Parse(address).Port)]);
        }

        return last.Ports;
    }

    private sealed record Snapshot(string[] Addresses, int[] Ports);
}
