using System.Collections.Immutable;
using System.Net;

namespace Actions.Engine.Outbound.Guard;

/// <summary>The reachability of an address.</summary>
internal enum AddressScope
{
    /// <summary>The internet: the usual target of actions.</summary>
    Public,

    /// <summary>A host in the operator's own network.</summary>
    Internal,

    /// <summary>
    /// This machine, its link, a cloud's metadata service, or unassigned: no host name should resolve to such an
    /// address.
    /// </summary>
    Closed,
}

/// <summary>A block of special-purpose addresses.</summary>
/// <param name="Name">The block's purpose and its source.</param>
/// <param name="Scope">The reachability of its addresses.</param>
internal sealed record AddressBlock(IPNetwork Network, string Name, AddressScope Scope)
{
    /// <summary>
    /// IANA IPv4 Special-Purpose Address Registry and Multicast Address Space, and the addresses of clouds' metadata
    /// services, which give out secrets. The first matching block names an address. Includes entries that IANA calls
    /// globally reachable if they are anycast of a protocol (AMT, AS112, PCP): the next router responds there, not an
    /// API.
    /// </summary>
    public static ImmutableArray<AddressBlock> IPv4 { get; } =
    [
        Closed("169.254.169.254/32", "cloud metadata (link-local)"),
        Closed("100.100.100.200/32", "cloud metadata (Alibaba Cloud)"),
        Closed("168.63.129.16/32", "cloud metadata (Azure WireServer)"),
        Closed("192.0.0.192/32", "cloud metadata (Oracle Cloud)"),
        Closed("0.0.0.0/32", "unspecified, this very host (RFC 1122 section 3.2.1.3)"),
        Closed("0.0.0.0/8", "this network (RFC 791 section 3.2)"),
        Internal("10.0.0.0/8", "private use (RFC 1918)"),
        Internal("100.64.0.0/10", "shared address space, CGNAT (RFC 6598)"),
        Closed("127.0.0.0/8", "loopback (RFC 1122 section 3.2.1.3)"),
        Closed("169.254.0.0/16", "link-local (RFC 3927)"),
        Internal("172.16.0.0/12", "private use (RFC 1918)"),
        Closed("192.0.0.0/24", "IETF protocol assignments (RFC 6890)"),
        Internal("192.0.2.0/24", "documentation, TEST-NET-1 (RFC 5737)"),
        Closed("192.31.196.0/24", "AS112 (RFC 7535)"),
        Closed("192.52.193.0/24", "AMT (RFC 7450)"),
        Closed("192.88.99.0/24", "6to4 relay anycast (RFC 7526)"),
        Internal("192.168.0.0/16", "private use (RFC 1918)"),
        Closed("192.175.48.0/24", "AS112 (RFC 7534)"),
        Internal("198.18.0.0/15", "benchmarking (RFC 2544)"),
        Internal("198.51.100.0/24", "documentation, TEST-NET-2 (RFC 5737)"),
        Internal("203.0.113.0/24", "documentation, TEST-NET-3 (RFC 5737)"),
        Closed("224.0.0.0/4", "multicast (RFC 5771)"),
        Closed("255.255.255.255/32", "limited broadcast (RFC 919)"),
        Internal("240.0.0.0/4", "reserved (RFC 1112)"),
    ];

    /// <summary>IANA IPv6 Special-Purpose Address Registry, and all other blocks that aren't global unicast.</summary>
    public static ImmutableArray<AddressBlock> IPv6 { get; } =
    [
        Closed("fd00:ec2::254/128", "cloud metadata (Amazon)"),
        Closed("fd20:ce::254/128", "cloud metadata (Google)"),
        Closed("::/128", "unspecified, this very host (RFC 4291)"),
        Closed("::1/128", "loopback (RFC 4291)"),
        Closed("::/96", "IPv4-compatible (RFC 4291 section 2.5.5.1)"),
        Closed("64:ff9b:1::/48", "NAT64 of local use (RFC 8215)"),
        Closed("100::/64", "discard-only (RFC 6666)"),
        Closed("100:0:0:1::/64", "dummy prefix (RFC 9780)"),
        Closed("2001::/32", "Teredo (RFC 4380)"),
        Closed("2001:2::/48", "benchmarking (RFC 5180)"),
        Closed("2001:10::/28", "ORCHID (RFC 4843)"),
        Closed("2001:20::/28", "ORCHIDv2 (RFC 7343)"),
        Closed("2001:30::/28", "drone identifiers (RFC 9374)"),
        Closed("2001::/23", "IETF protocol assignments (RFC 2928)"),
        Internal("2001:db8::/32", "documentation (RFC 3849)"),
        Closed("2620:4f:8000::/48", "AS112 (RFC 7534)"),
        Internal("3fff::/20", "documentation (RFC 9637)"),
        Closed("5f00::/16", "segment routing (RFC 9602)"),
        Internal("fc00::/7", "unique local (RFC 4193)"),
        Closed("fe80::/10", "link-local (RFC 4291)"),
        Internal("fec0::/10", "site-local (RFC 3879)"),
        Closed("ff00::/8", "multicast (RFC 4291)"),
    ];

    public override string ToString() => $"{Network}, {Name}";

    private static AddressBlock Internal(string network, string name) =>
        new(IPNetwork.Parse(network), name, AddressScope.Internal);

    private static AddressBlock Closed(string network, string name) =>
        new(IPNetwork.Parse(network), name, AddressScope.Closed);
}
