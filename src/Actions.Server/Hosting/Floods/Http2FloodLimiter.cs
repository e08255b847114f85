using System.IO.Pipelines;
using System.Net;
using Actions.Server.Configuration;
using Actions.Server.Logging;
using Actions.Server.Strangers;
using BitFaster.Caching.Lru;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Actions.Server.Hosting.Floods;

/// <summary>
/// Closes the connections of clients that keep the server busy without making calls: by calls that are cancelled as
/// soon as they start (the rapid reset of CVE-2023-44487), by itself or by the server whom it provokes (MadeYouReset,
/// CVE-2025-8671), or by floods of frames that no limit of Kestrel's counts.
/// </summary>
/// <remarks>
/// Frames are counted per address, for all its connections including closed ones: otherwise a client would just
/// reconnect.
/// </remarks>
internal sealed class Http2FloodLimiter(IOptions<ServerOptions> options, TimeProvider time, ILogger<Http2FloodLimiter> log)
{
    // Some hundred bytes each. The most recently used are kept.
    private const int MaxAddresses = 10_000;

    // Clients with valid credentials have a budget of their own: no stranger behind the same proxy can use it up.
    private readonly ConcurrentLru<(IPAddress Network, bool IsStranger), FrameBudget> _budgets =
        new(Environment.ProcessorCount, MaxAddresses, EqualityComparer<(IPAddress, bool)>.Default);

    private readonly ILogger _log = log;

    /// <summary>Counts the frames of a connection: after TLS, before Kestrel.</summary>
    /// <param name="isHttp2Only">Whether a connection must send the HTTP/2 preface within the time-out of request
    /// headers.</param>
    public async Task RunAsync(ConnectionContext connection, bool isHttp2Only, ConnectionDelegate next)
    {
        var client = new Client(this, connection);
        var transport = connection.Transport;
        var meter = new FrameMeter(transport.Input, client.Allow);
        var answers = new AnswerMeter(transport.Output, () => Provoked(client, meter, connection));
        connection.Transport = new Duplex(meter, answers);
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

    // The client made Kestrel reset a call that it had begun (MadeYouReset, CVE-2025-8671): it counts as its own reset.
    private static void Provoked(Client client, FrameMeter meter, ConnectionContext connection)
    {
        if (meter.IsHttp2 && !client.Allow(FrameHeader.Reset))
            connection.Abort(new ConnectionAbortedException("The client causes too many resets."));
    }

    private FrameBudget BudgetOf(IPAddress network, bool isStranger) =>
        _budgets.GetOrAdd((network, isStranger), _ => new FrameBudget(options.Value, time));

    private sealed class Client(Http2FloodLimiter owner, ConnectionContext connection)
    {
        private readonly ClientConnection? _own = connection.Features.Get<ClientConnection>();
        private readonly IPAddress _network = ClientNetwork.Of(connection.RemoteEndPoint);
        private FrameBudget? _stranger;
        private FrameBudget? _admitted;

        public bool Allow(FrameHeader frame)
        {
            var budget = _own?.IsAdmitted == true
                ? _admitted ??= owner.BudgetOf(_network, isStranger: false)
                : _stranger ??= owner.BudgetOf(_network, isStranger: true);
            if (budget.TryTake(frame, out var isFirst))
                return true;
            if (isFirst)
                owner._log.ConnectionFlooded(connection.RemoteEndPoint, frame.IsReset ? "resets" : "control frames");
            return false;
        }
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
