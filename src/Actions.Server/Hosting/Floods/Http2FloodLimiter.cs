using System.IO.Pipelines;
using System.Net;
using Actions.Server.Configuration;
using Actions.Server.Logging;
using BitFaster.Caching.Lru;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Actions.Server.Hosting.Floods;

/// <summary>
/// Closes the connections of clients that keep the server busy without making calls: by calls that are cancelled as
/// soon as they start (the rapid reset of CVE-2023-44487), or by floods of frames that no limit of Kestrel's counts.
/// </summary>
/// <remarks>
/// Frames are counted per address, for all its connections including closed ones: otherwise a client would just
/// reconnect.
/// </remarks>
internal sealed class Http2FloodLimiter(IOptions<ServerOptions> options, TimeProvider time, ILogger<Http2FloodLimiter> log)
{
    // Some hundred bytes each. The most recently used are kept.
    private const int MaxAddresses = 10_000;

    private readonly ConcurrentLru<IPAddress, FrameBudget> _budgets =
        new(Environment.ProcessorCount, MaxAddresses, EqualityComparer<IPAddress>.Default);

    /// <summary>Counts the frames of a connection: after TLS, before Kestrel.</summary>
    /// <param name="isHttp2Only">Whether a connection must send the HTTP/2 preface within the time-out of request
    /// headers.</param>
    public async Task RunAsync(ConnectionContext connection, bool isHttp2Only, ConnectionDelegate next)
    {
        var budget = BudgetOf(connection.RemoteEndPoint);
        var transport = connection.Transport;
        var meter = new FrameMeter(transport.Input, frame => Allow(budget, frame, connection.RemoteEndPoint));
        connection.Transport = new Duplex(meter, transport.Output);
        var patience = isHttp2Only ? options.Value.RequestHeadersTimeout : Timeout.InfiniteTimeSpan;
        await using var preface = time.CreateTimer(
            _ => Abandon(meter, connection), null, patience, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            connection.Transport = transport;
        }
    }

    private static void Abandon(FrameMeter meter, ConnectionContext connection)
    {
        if (!meter.IsHttp2)
            connection.Abort(new ConnectionAbortedException("The client sent no HTTP/2 preface in time."));
    }

    private bool Allow(FrameBudget budget, FrameHeader frame, EndPoint? client)
    {
        if (budget.TryTake(frame, out var isFirst))
            return true;
        if (isFirst)
            log.ConnectionFlooded(client, frame.IsReset ? "resets" : "control frames");
        return false;
    }

    private FrameBudget BudgetOf(EndPoint? client) => _budgets.GetOrAdd(
        NetworkOf((client as IPEndPoint)?.Address ?? IPAddress.None), _ => new FrameBudget(options.Value, time));

    // A client with one IPv6 address has a whole /64 network of them.
    private static IPAddress NetworkOf(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != System.Net.Sockets.AddressFamily.InterNetworkV6)
            return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
