using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Actions.Engine.Syntax;

namespace Actions.Engine.Outbound.Guard;

/// <summary>The rules compiled from <see cref="OutboundOptions"/>.</summary>
internal sealed class OutboundRules
{
    // The networks of the alias <c>loopback</c>: localhost usually has both addresses.
    private static readonly ImmutableArray<IPNetwork> Loopback = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    private readonly bool _allowHttp;
    private readonly ImmutableArray<IPNetwork> _allowedNetworks;
    private readonly bool _opensLoopback;
    private readonly ImmutableArray<HostPattern> _allowedHosts;
    private readonly HostList _denied;
    private readonly HostList _traced;
    private readonly ImmutableArray<(int First, int Last)> _deniedPorts;

    /// <param name="onWrong">Receives each problem with the setting's key.</param>
    public OutboundRules(OutboundOptions options, Action<string> onWrong)
    {
        _allowHttp = options.AllowHttp;
        _allowedNetworks = [.. Read(options.AllowedNetworks, nameof(options.AllowedNetworks), ParseNetworks, onWrong).SelectMany(networks => networks)];
        _opensLoopback = _allowedNetworks.Any(
            allowed => Loopback.Any(network => network.Contains(allowed.BaseAddress) || allowed.Contains(network.BaseAddress)));
        _allowedHosts = Read(options.AllowedHosts, nameof(options.AllowedHosts), HostPattern.Parse, onWrong);
        _denied = ReadHosts(options.DeniedHosts, nameof(options.DeniedHosts), onWrong);
        _traced = ReadHosts(options.TraceparentHosts, nameof(options.TraceparentHosts), onWrong);
        _deniedPorts = Read(options.DeniedPorts, nameof(options.DeniedPorts), ParsePorts, onWrong);
    }

    /// <summary>Whether the host receives the traceparent of the client's call.</summary>
    public bool IsTraced(UrlHost host) =>
        _traced.Matches(host) || (host.Address is { } address
            && _traced.Addresses.Contains(AddressPolicy.AsDialled(address)));

    /// <summary>Runs the checks that need no DNS.</summary>
    /// <returns>The refusal; null if allowed.</returns>
    public Refusal? CheckUrl(bool isHttps, UrlHost host, int port, LocalAddresses local)
    {
        if (_denied.Matches(host))
            return Refusal.Denied(host.Text);
        if (port is not (80 or 443 or >= 1024))
            return new Refusal(
                "The address may not be called: its port isn't allowed.", $"port {port} isn't allowed: only 80, 443 and those from 1024 up are");
        if (IsDenied(port))
            return new Refusal("The address may not be called: its port isn't allowed.", $"port {port} is among Outbound__DeniedPorts");
        if (host.Address is { } address && CheckAddress(address, host, port, local) is { } refusal)
            return refusal;
        if (host.IsLocalhost && !_opensLoopback)
            return Refusal.NotPublic($"{host.Text} is this machine (RFC 6761); Outbound__AllowedNetworks=loopback would allow it");
        return CheckScheme(isHttps, host.Address is { } literal ? IsLoopback(literal) : host.IsLocalhost);
    }

    /// <summary>
    /// Checks all addresses of a name. One refused address refuses the name, so the order of dialling doesn't matter.
    /// </summary>
    public Refusal? CheckAddresses(bool isHttps, UrlHost host, int port, IReadOnlyCollection<IPAddress> addresses, LocalAddresses local) =>
        addresses.Select(address => CheckAddress(address, host, port, local)).FirstOrDefault(refusal => refusal is not null)
        ?? CheckScheme(isHttps, addresses.All(IsLoopback));

    private Refusal? CheckAddress(IPAddress address, UrlHost host, int port, LocalAddresses local)
    {
        var dialled = AddressPolicy.AsDialled(address);
        var carried = AddressPolicy.Carried(dialled)?.Address ?? dialled;
        var isLocal = local.Contains(dialled) || local.Contains(carried);
        if (isLocal && local.ListensOn(port))
            return Refusal.NotPublic($"{address} with port {port} is this server itself, which no setting allows");
        if (_denied.Addresses.Contains(dialled) || _denied.Addresses.Contains(carried))
            return Refusal.Denied(address.ToString());
        if (IsAllowed(dialled))
            return null;
        var kind = AddressPolicy.Classify(dialled);
        if (isLocal && kind.Scope != AddressScope.Closed)
            return Refusal.NotPublic($"{address} is this machine's own; a network in Outbound__AllowedNetworks would allow it");
        return kind.Scope switch
        {
            AddressScope.Public => null,
            AddressScope.Internal when Matches(_allowedHosts, host) => null,
            AddressScope.Internal when host.Address is null => Refusal.NotPublic(
                $"{kind.Reason}; a network in Outbound__AllowedNetworks or the name in Outbound__AllowedHosts would allow it"),
            _ => Refusal.NotPublic($"{kind.Reason}; a network in Outbound__AllowedNetworks would allow it"),
        };
    }

    /// <summary>
    /// Loopback needs no TLS: its traffic stays on this machine. An earlier check decides whether loopback is allowed.
    /// </summary>
    private Refusal? CheckScheme(bool isHttps, bool isLoopback) => isHttps || _allowHttp || isLoopback
        ? null
        : new Refusal("The address may not be called: it isn't https.", "only https is allowed; Outbound__AllowHttp=true would allow http");

    private static bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(AddressPolicy.AsDialled(address));

    // Loops, because each request is judged, and a lambda would be an object or two for each.
    private bool IsAllowed(IPAddress address)
    {
        foreach (var network in _allowedNetworks)
        {
            if (network.Contains(address))
                return true;
        }

        return false;
    }

    private bool IsDenied(int port)
    {
        foreach (var (first, last) in _deniedPorts)
        {
            if (port >= first && port <= last)
                return true;
        }

        return false;
    }

    private static bool Matches(ImmutableArray<HostPattern> patterns, UrlHost host)
    {
        foreach (var pattern in patterns)
        {
            if (pattern.Matches(host))
                return true;
        }

        return false;
    }

    private static ImmutableArray<T> Read<T>(string list, string name, Func<string, T> parse, Action<string> onWrong)
    {
        var read = ImmutableArray.CreateBuilder<T>();
        foreach (var entry in Entries(list))
        {
            try
            {
                read.Add(parse(entry));
            }
            catch (SyntaxException e)
            {
                onWrong($"{OutboundOptions.Section}:{name} has the entry '{entry}', which {e.Message}.");
            }
        }

        return read.ToImmutable();
    }

    private static HostList ReadHosts(string list, string name, Action<string> onWrong)
    {
        var entries = Entries(list).ToLookup(entry => TryParseAddress(entry, out _));
        return new HostList(
            Read(string.Join(',', entries[false]), name, HostPattern.Parse, onWrong),
            [.. entries[true].Select(entry => TryParseAddress(entry, out var address) ? address! : IPAddress.None)]);
    }

    private static string[] Entries(string list) =>
        list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static ImmutableArray<IPNetwork> ParseNetworks(string entry)
    {
        if (entry.Equals("loopback", StringComparison.OrdinalIgnoreCase))
            return Loopback;
        if (TryParseAddress(entry, out var address))
            return [new IPNetwork(address!, address!.GetAddressBytes().Length * 8)];
        // Bits after the prefix would be ignored silently; they are probably a mistake.
        return entry.Split('/') is [var first, _] && IPNetwork.TryParse(entry, out var network) && IPAddress.TryParse(first, out var written) && network.BaseAddress.Equals(written)
            ? [network]
            : throw new SyntaxException("isn't a network such as 10.0.0.0/8 or fd12::/32 (only zeros after the prefix), an address or 'loopback'");
    }

    private static (int First, int Last) ParsePorts(string entry)
    {
        var ends = entry.Split('-');
        return ends.Length <= 2 && TryParsePort(ends[0], out var first) && TryParsePort(ends[^1], out var last) && first <= last
            ? (first, last)
            : throw new SyntaxException("isn't a port or a range of ports such as 6000-6063");
    }

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65_535;

    /// <summary>
    /// Accepts full addresses only: a number such as 10 would parse as an address too; it is probably a mistake.
    /// </summary>
    private static bool TryParseAddress(string entry, out IPAddress? address)
    {
        address = null;
        if (!entry.Contains(':', StringComparison.Ordinal) && entry.Count(c => c == '.') != 3)
            return false;
        try
        {
            address = UrlHost.Parse(entry).Address is { } parsed ? AddressPolicy.AsDialled(parsed) : null;
        }
        catch (SyntaxException)
        {
            // The parser of the other kind of entries reports the error.
        }

        return address is not null;
    }

    private readonly record struct HostList(ImmutableArray<HostPattern> Names, ImmutableArray<IPAddress> Addresses)
    {
        public bool Matches(UrlHost host) => OutboundRules.Matches(Names, host);
    }
}
