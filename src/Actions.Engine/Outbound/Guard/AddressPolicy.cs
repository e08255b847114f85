using System.Net;
using System.Net.Sockets;

namespace Actions.Engine.Outbound.Guard;

/// <summary>The classification of an address.</summary>
/// <param name="Scope">The reachability of the address.</param>
/// <param name="Reason">Names the block and its source; empty for a public address.</param>
internal readonly record struct AddressClass(AddressScope Scope, string Reason)
{
    public static AddressClass Public { get; } = new(AddressScope.Public, "");
}

/// <summary>
/// Classifies addresses. A pure function: <see cref="OutboundRules"/> applies the settings' exceptions. An IPv6 address
/// that embeds an IPv4 address is classified by the embedded one.
/// </summary>
internal static class AddressPolicy
{
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");

    public static AddressClass Classify(IPAddress address)
    {
        address = AsDialled(address);
        var blocks = address.AddressFamily == AddressFamily.InterNetwork ? AddressBlock.IPv4 : AddressBlock.IPv6;
        foreach (var block in blocks)
            if (block.Network.Contains(address))
                return new AddressClass(block.Scope, $"{address} is in {block}");
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return AddressClass.Public;

        if (Carried(address) is var (carried, how) && Classify(carried) is { Scope: not AddressScope.Public } inner)
            return inner with { Reason = $"{address} carries an IPv4 address, {how}: {inner.Reason}" };
        return GlobalUnicast.Contains(address) || Nat64.Contains(address)
            ? AddressClass.Public
            : new AddressClass(AddressScope.Closed, $"{address} is outside 2000::/3, IANA's only global unicast addresses so far");
    }

    /// <summary>
    /// The address that a socket connects to: the system treats an IPv4-mapped address as the IPv4 address.
    /// </summary>
    public static IPAddress AsDialled(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <summary>
    /// The IPv4 address to which a gateway on the path translates an IPv6 address; null if none does.
    /// </summary>
    public static (IPAddress Address, string How)? Carried(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return null;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (Nat64.Contains(address))
            return (new IPAddress(bytes[12..]), "NAT64 (RFC 6052)");
        if (SixToFour.Contains(address))
            return (new IPAddress(bytes[2..6]), "6to4 (RFC 3056)");
        // An ISATAP interface identifier, under any prefix. Its second lowest bit states whether IANA assigned the
        // address.
        return bytes[8..12] is [0x00 or 0x02, 0x00, 0x5e, 0xfe] ? (new IPAddress(bytes[12..]), "ISATAP (RFC 5214)") : null;
    }
}
