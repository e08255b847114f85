using System.Collections.Frozen;
using System.Net;

namespace Actions.Engine.Outbound.Guard;

/// <summary>This machine's addresses and this server's ports, through which the server could call itself.</summary>
internal sealed class LocalAddresses(INetwork network, Func<IReadOnlyCollection<int>> listeningPorts, TimeProvider time)
{
    // Cached: interfaces seldom change, and listing them takes about as long as connecting.
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(10);

    private volatile Snapshot? _known;

    public bool Contains(IPAddress address) =>
        IPAddress.IsLoopback(address) || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any)
        || Addresses().Contains(WithoutZone(address));

    public bool ListensOn(int port) => listeningPorts().Contains(port);

    private FrozenSet<IPAddress> Addresses()
    {
        var known = _known;
        if (known is null || time.GetElapsedTime(known.Taken) > Lifetime)
            _known = known = new Snapshot(network.OwnAddresses().Select(WithoutZone).ToFrozenSet(), time.GetTimestamp());
        return known.Addresses;
    }

    private static IPAddress WithoutZone(IPAddress address) =>
        address is { AddressFamily: System.Net.Sockets.AddressFamily.InterNetworkV6, ScopeId: not 0 }
            ? new IPAddress(address.GetAddressBytes())
            : address;

    private sealed record Snapshot(FrozenSet<IPAddress> Addresses, long Taken);
}
