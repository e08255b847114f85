using System.Net;
using System.Net.Sockets;

namespace Actions.Server.Strangers;

/// <summary>What counts as one client in all limits per address.</summary>
internal static class ClientNetwork
{
    private const int PrefixBytes = 8;

    /// <returns>The address; for IPv6 its /64, all of which belong to one client. None: no IP address is
    /// known.</returns>
    public static IPAddress Of(EndPoint? client) => Of((client as IPEndPoint)?.Address);

    /// <inheritdoc cref="Of(EndPoint)" />
    public static IPAddress Of(IPAddress? address)
    {
        if (address is null)
            return IPAddress.None;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(PrefixBytes).Clear();
        return new IPAddress(bytes);
    }
}
