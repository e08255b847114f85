using System.IO.Pipelines;
using System.Net;
using Actions.Server.Configuration;
using Actions.Server.Logging;
using BitFaster.Caching.Lru;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Actions.Server.Hosting.Floods;

/// <summary>
/// Hangs up on callers who keep the server busy without calling anything: calls that are given up as soon as they
/// begin (the rapid reset of CVE-2023-44487), and floods of frames that no limit of Kestrel's counts.
/// </summary>
/// <remarks>What an address may send is counted for all its connections, the past ones too: else it would just connect
/// anew.</remarks>
internal sealed class Http2FloodLimiter(IOptions<ServerOptions> options, TimeProvider time, ILogger<Http2FloodLimiter> log)
{
    // Some hundred bytes each. The most recently used are kept.
    private const int MaxAddresses = 10_000;

    private readonly ConcurrentLru<IPAddress, FrameBudget> _budgets =
        new(Environment.ProcessorCount, MaxAddresses, EqualityComparer<IPAddress>.Default);

    /// <summary>Stands between the connection's bytes and Kestrel, inside of TLS.</summary>
    /// <param name="connection">A new one.</param>
    /// <param name="isHttp2Only">Whether one that isn't HTTP/2 is waited for no longer than for a request's
    /// headers.</param>
    /// <param name="next">Kestrel.</param>
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
            connection.Abort(new ConnectionAbortedException("The caller connected and didn't speak HTTP/2."));
    }

    private bool Allow(FrameBudget budget, FrameHeader frame, EndPoint? caller)
    {
        if (budget.TryTake(frame, out var isFirst))
            return true;
        if (isFirst)
            log.ConnectionFlooded(caller, frame.IsReset ? "resets" : "control frames");
        return false;
    }

    private FrameBudget BudgetOf(EndPoint? caller) => _budgets.GetOrAdd(
        NetworkOf((caller as IPEndPoint)?.Address ?? IPAddress.None), _ => new FrameBudget(options.Value, time));

    // Who has one IPv6 address has 2^64 of them.
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
