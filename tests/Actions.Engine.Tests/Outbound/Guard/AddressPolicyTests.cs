using System.Net;
using System.Net.Sockets;
using Actions.Engine.Outbound.Guard;

namespace Actions.Engine.Tests.Outbound.Guard;

public sealed class AddressPolicyTests
{
    /// <summary>
    /// Each block of IANA's special-purpose registries and of the multicast ones: its ends, and whether the addresses
    /// just
    /// before and behind it are public. Written down by hand: the code must not be its own witness.
    /// </summary>
    [Theory]
    [InlineData("0.0.0.0", "0.255.255.255", "this", false, true)]
    [InlineData("10.0.0.0", "10.255.255.255", "private use", true, true)]
    [InlineData("100.64.0.0", "100.127.255.255", "CGNAT", true, true)]
    [InlineData("127.0.0.0", "127.255.255.255", "loopback", true, true)]
    [InlineData("169.254.0.0", "169.254.255.255", "link-local", true, true)]
    [InlineData("172.16.0.0", "172.31.255.255", "private use", true, true)]
    [InlineData("192.0.0.0", "192.0.0.255", "IETF protocol assignments", true, true)]
    [InlineData("192.0.2.0", "192.0.2.255", "documentation", true, true)]
    [InlineData("192.31.196.0", "192.31.196.255", "AS112", true, true)]
    [InlineData("192.52.193.0", "192.52.193.255", "AMT", true, true)]
    [InlineData("192.88.99.0", "192.88.99.255", "6to4", true, true)]
    [InlineData("192.168.0.0", "192.168.255.255", "private use", true, true)]
    [InlineData("192.175.48.0", "192.175.48.255", "AS112", true, true)]
    [InlineData("198.18.0.0", "198.19.255.255", "benchmarking", true, true)]
    [InlineData("198.51.100.0", "198.51.100.255", "documentation", true, true)]
    [InlineData("203.0.113.0", "203.0.113.255", "documentation", true, true)]
    [InlineData("224.0.0.0", "239.255.255.255", "multicast", true, false)]
    [InlineData("240.0.0.0", "255.255.255.254", "reserved", false, false)]
    [InlineData("255.255.255.255", "255.255.255.255", "broadcast", false, false)]
    [InlineData("168.63.129.16", "168.63.129.16", "metadata", true, true)]
    [InlineData("169.254.169.254", "169.254.169.254", "metadata", false, false)]
    [InlineData("100.100.100.200", "100.100.100.200", "metadata", false, false)]
    [InlineData("192.0.0.192", "192.0.0.192", "metadata", false, false)]
    [InlineData("::", "::", "unspecified", false, false)]
    [InlineData("::1", "::1", "loopback", false, false)]
    [InlineData("::2", "::fffe:ffff:ffff", "", false, false)] // up to the IPv4-mapped ones
    [InlineData("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "NAT64 of local use", false, false)]
    [InlineData("100::", "100::ffff:ffff:ffff:ffff", "discard-only", false, false)]
    [InlineData("100:0:0:1::", "100:0:0:1:ffff:ffff:ffff:ffff", "dummy", false, false)]
    [InlineData("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo", true, false)]
    [InlineData("2001:2::", "2001:2:0:ffff:ffff:ffff:ffff:ffff", "benchmarking", false, false)]
    [InlineData("2001:10::", "2001:1f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHID", false, false)]
    [InlineData("2001:20::", "2001:2f:ffff:ffff:ffff:ffff:ffff:ffff", "ORCHIDv2", false, false)]
    [InlineData("2001:30::", "2001:3f:ffff:ffff:ffff:ffff:ffff:ffff", "drone", false, false)]
    [InlineData("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "", true, true)]
    [InlineData("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation", true, true)]
    [InlineData("2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "AS112", true, true)]
    [InlineData("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation", true, true)]
    [InlineData("5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "segment routing", false, false)]
    [InlineData("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique local", false, false)]
    [InlineData("fd00:ec2::254", "fd00:ec2::254", "metadata", false, false)]
    [InlineData("fd20:ce::254", "fd20:ce::254", "metadata", false, false)]
    [InlineData("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local", false, false)]
    [InlineData("fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local", false, false)]
    [InlineData("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast", false, false)]
    [InlineData("::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", false, true)]
    [InlineData("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "", true, false)]
    public void BlockOfARegistry_RefusedFromEndToEndAndNoFurther(string first, string last, string name, bool publicBefore, bool publicBehind)
    {
        foreach (var end in new[] { first, last })
        {
            var verdict = AddressPolicy.Classify(IPAddress.Parse(end));
            verdict.Scope.ShouldNotBe(AddressScope.Public, end);
            verdict.Reason.ShouldContain(name, customMessage: end);
            verdict.Reason.ShouldStartWith(IPAddress.Parse(end).ToString());
        }

        if (Neighbour(first, -1) is { } before)
            (AddressPolicy.Classify(before).Scope == AddressScope.Public).ShouldBe(publicBefore, before.ToString());
        if (Neighbour(last, +1) is { } behind)
            (AddressPolicy.Classify(behind).Scope == AddressScope.Public).ShouldBe(publicBehind, behind.ToString());
    }

    [Theory]
    [InlineData("::ffff:")] // IPv4-mapped
    [InlineData("64:ff9b::")] // NAT64
    public void Ipv4InsideIpv6_JudgedAsItself(string prefix)
    {
        foreach (var block in AddressBlock.IPv4)
        {
            var inside = block.Network.BaseAddress;
            var verdict = AddressPolicy.Classify(IPAddress.Parse($"{prefix}{inside}"));
            verdict.Scope.ShouldBe(AddressPolicy.Classify(inside).Scope);
            verdict.Reason.ShouldContain(AddressPolicy.Classify(inside).Reason);
        }

        AddressPolicy.Classify(IPAddress.Parse($"{prefix}8.8.8.8")).ShouldBe(AddressClass.Public);
    }

    [Theory]
    [InlineData("2002:7f00:1::", nameof(AddressScope.Closed))] // 6to4 of 127.0.0.1
    [InlineData("2002:a9fe:a9fe::1", nameof(AddressScope.Closed))] // of 169.254.169.254
    [InlineData("2002:a00:1::", nameof(AddressScope.Internal))]
    [InlineData("2002::", nameof(AddressScope.Closed))]
    [InlineData("2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nameof(AddressScope.Closed))]
    [InlineData("2002:808:808::", nameof(AddressScope.Public))]
    [InlineData("2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", nameof(AddressScope.Public))] // just before 6to4
    [InlineData("2003::", nameof(AddressScope.Public))] // just behind it
    [InlineData("2a00::5efe:7f00:1", nameof(AddressScope.Closed))] // ISATAP of 127.0.0.1
    [InlineData("2a00::200:5efe:a00:1", nameof(AddressScope.Internal))] // of 10.0.0.1
    [InlineData("2a00::200:5efe:808:808", nameof(AddressScope.Public))]
    [InlineData("2a00::300:5efe:a00:1", nameof(AddressScope.Public))] // no ISATAP
    [InlineData("::8.8.8.8", nameof(AddressScope.Closed))] // IPv4-compatible: no router knows it
    [InlineData("::ffff:0:8.8.8.8", nameof(AddressScope.Closed))] // IPv4-translated
    [InlineData("64:ff9b::7f00:1", nameof(AddressScope.Closed))]
    [InlineData("64:ff9b:0:0:0:1::", nameof(AddressScope.Closed))] // just behind NAT64
    [InlineData("64:ff9a:ffff:ffff:ffff:ffff:ffff:ffff", nameof(AddressScope.Closed))] // just before it
    [InlineData("64:ff9b:1::808:808", nameof(AddressScope.Closed))] // local use: the prefix says nothing about what it leads to
    [InlineData("2001:0:808:808::1", nameof(AddressScope.Closed))] // Teredo, whatever it carries
    [InlineData("2606:4700:4700::1111", nameof(AddressScope.Public))]
    [InlineData("fe80::1%1", nameof(AddressScope.Closed))]
    public void Address_JudgedByWhoCanBeBehindIt(string address, string scope)
    {
        AddressPolicy.Classify(IPAddress.Parse(address)).Scope.ToString().ShouldBe(scope);
    }

    [Fact]
    public void EveryBlockOfTheCode_IsInTheTable()
    {
        var table = typeof(AddressPolicyTests).GetMethod(nameof(BlockOfARegistry_RefusedFromEndToEndAndNoFurther))!
            .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Cast<InlineDataAttribute>()
            .Select(row => IPAddress.Parse((string)row.Data[0]!)).ToHashSet();

        AddressBlock.IPv4.Concat(AddressBlock.IPv6).Select(block => block.Network.BaseAddress).Except(table).ShouldBeEmpty();
    }

    /// <summary>Null: there is none.</summary>
    private static IPAddress? Neighbour(string address, int step)
    {
        var bytes = IPAddress.Parse(address).GetAddressBytes();
        var number = new System.Numerics.BigInteger(bytes, isUnsigned: true, isBigEndian: true) + step;
        if (number.Sign < 0 || number >= System.Numerics.BigInteger.One << (8 * bytes.Length))
            return null;
        var moved = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        return new IPAddress([.. new byte[bytes.Length - moved.Length], .. moved]);
    }
}
