using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Actions.Engine.Outbound.Guard;

/// <summary>The operating system's DNS, sockets and interfaces. Only the SSRF guard uses them.</summary>
internal interface INetwork
{
    /// <returns>All addresses of a name, in the order in which to try them.</returns>
    /// <exception cref="SocketException">The name has no addresses, or no DNS server responds.</exception>
    Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken);

    /// <exception cref="SocketException">The connection failed.</exception>
    Task<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken);

    /// <returns>The addresses of this machine's interfaces.</returns>
    IEnumerable<IPAddress> OwnAddresses();
}

internal sealed class SystemNetwork : INetwork
{
    public static SystemNetwork Instance { get; } = new();

    // A dedicated thread: the system's look-up blocks, and .NET would run it on the thread pool, which every call
    // needs.
    public Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken) =>
        Task.Factory.StartNew(
            () => Dns.GetHostAddresses(name), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)
            .WaitAsync(cancellationToken);

    public async Task<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public IEnumerable<IPAddress> OwnAddresses() =>
        NetworkInterface.GetAllNetworkInterfaces().SelectMany(
            card => card.GetIPProperties().UnicastAddresses.Select(unicast => unicast.Address));
}
