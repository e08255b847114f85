using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Actions.Engine.Outbound.Guard;

namespace Actions.Engine.Tests.Outbound.Guard;

/// <summary>
/// The world outside: names have the addresses that a test gives them, and behind each address that is dialled is one
/// upstream on loopback.
/// </summary>
/// <param name="resolve">A name's addresses.</param>
/// <param name="port">The upstream's; null: what is dialled is really dialled.</param>
internal sealed class FakeNetwork(Func<string, IPAddress[]> resolve, int? port = null) : INetwork
{
    public ConcurrentQueue<string> Asked { get; } = [];

    public ConcurrentQueue<IPEndPoint> Dialled { get; } = [];

    public IPAddress[] Own { get; init; } = [];

    /// <summary>Addresses at which nobody answers.</summary>
    public IPAddress[] Dead { get; init; } = [];

    public Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken)
    {
        Asked.Enqueue(name);
        return Task.FromResult(resolve(name));
    }

    public Task<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        Dialled.Enqueue(endPoint);
        return Dead.Contains(endPoint.Address)
            ? throw new SocketException((int)SocketError.ConnectionRefused)
            : SystemNetwork.Instance.ConnectAsync(port is { } upstream ? new IPEndPoint(IPAddress.Loopback, upstream) : endPoint, cancellationToken);
    }

    public IEnumerable<IPAddress> OwnAddresses() => Own;

    public SsrfGuard Guard(OutboundOptions options, params int[] listeningPorts) =>
        new(options, this, () => listeningPorts, TimeProvider.System);

    public static IPAddress[] Addresses(string list) =>
        [.. list.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse)];
}
