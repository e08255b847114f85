using System.Net;
using System.Net.Sockets;
using Actions.Engine.Evidence;
using Actions.Engine.Http;
using Actions.Engine.Outcomes;
using Actions.Engine.Syntax;
using Actions.V1;

namespace Actions.Engine.Outbound.Guard;

/// <summary>
/// Protects against SSRF: checks every URL, and opens the connections. A host name is resolved once per connection. All
/// its addresses are checked, and only these are dialled, so DNS rebinding has no effect.
/// </summary>
public sealed class SsrfGuard
{
    private readonly OutboundRules _rules;
    // The memory is small (two threads' stacks per core), and an ordinary look-up takes milliseconds. The limit is high
    // enough that eight workspaces with dead name servers leave look-ups for the others.
    private const int MaxLookups = 128;
    private const int MaxLookupsPerWorkspace = 16;

    private readonly INetwork _network;
    private readonly NameLookups _lookups;
    private readonly LocalAddresses _local;
    private readonly TimeProvider _time;

    /// <param name="listeningPorts">The ports on which this server currently listens. Calls to itself are
    /// refused.</param>
    public SsrfGuard(OutboundOptions options, Func<IReadOnlyCollection<int>> listeningPorts, TimeProvider time)
        : this(options, SystemNetwork.Instance, listeningPorts, time)
    {
    }

    internal SsrfGuard(OutboundOptions options, INetwork network, Func<IReadOnlyCollection<int>> listeningPorts, TimeProvider time)
    {
        _rules = new OutboundRules(options, problem => throw new ArgumentException(problem, nameof(options)));
        _network = network;
        _lookups = new NameLookups(network, MaxLookups, MaxLookupsPerWorkspace);
        _local = new LocalAddresses(network, listeningPorts, time);
        _time = time;
    }

    /// <summary>
    /// Raised for each request that is refused during an execution, but not when saving an action is refused.
    /// </summary>
    public event Action<OutboundRefusal>? Refused;

    /// <summary>Checks a URL without DNS.</summary>
    /// <returns>Null: allowed. Otherwise the reason and the remedy, as the end of a sentence about the URL.</returns>
    internal string? Check(Uri url) => CheckUrl(url)?.Explanation;

    /// <summary>Whether a request to the URL carries the traceparent of the client's call.</summary>
    internal bool IsTraced(Uri url)
    {
        try
        {
            return _rules.IsTraced(UrlHost.Parse(url.IdnHost));
        }
        catch (SyntaxException)
        {
            return false;
        }
    }

    /// <exception cref="UpstreamException">The URL must not be called.</exception>
    internal void ThrowIfBlocked(Uri url)
    {
        if (CheckUrl(url) is { } refusal)
            throw Refuse(url, refusal);
    }

    /// <summary>Opens a connection that a request needs.</summary>
    /// <exception cref="UpstreamException">The name has no address, or one that must not be called.</exception>
    /// <exception cref="SocketException">The connection to every address failed; thrown for the last one.</exception>
    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        // Connections are pooled by scheme, host and port: all three equal those of the request that needs this
        // connection.
        var url = context.InitialRequestMessage.RequestUri!;
        var message = context.InitialRequestMessage as UpstreamMessage;
        var host = UrlHost.Parse(context.DnsEndPoint.Host);
        var isSecure = url.Scheme == Uri.UriSchemeHttps;
        var evidence = new ConnectionEvidence(_time, context.DnsEndPoint, isName: host.Address is null, isSecure);
        message?.ReportOpening(evidence);
        if (host.Address is null)
            message?.ReportConnecting(FailureStage.Resolve);
        var addresses = await FindAsync(url, host, message?.Workspace ?? "", cancellationToken).ConfigureAwait(false);
        evidence.Resolved();
        message?.ReportConnecting(FailureStage.Connect);
        var connection = await DialAsync(addresses, context.DnsEndPoint.Port, cancellationToken, evidence)
            .ConfigureAwait(false);
        evidence.Connected();
        if (isSecure)
            message?.ReportConnecting(FailureStage.Tls);
        return connection;
    }

    /// <summary>The connection that a request takes was opened before.</summary>
    internal void ReportReady(SocketsHttpConnectionContext context, Socket? socket)
    {
        if (context.InitialRequestMessage is not UpstreamMessage message)
            return;
        var evidence = new ConnectionEvidence(_time, context.DnsEndPoint, isName: false, isSecure: false);
        if (socket?.RemoteEndPoint is IPEndPoint remote)
            evidence.Dials(remote);
        message.ReportTaking(evidence);
    }

    /// <returns>The addresses of the host, all of which may be called.</returns>
    /// <exception cref="UpstreamException">The name has no address, or one that must not be called.</exception>
    internal async ValueTask<IPAddress[]> FindAsync(
        Uri url, UrlHost host, string workspace, CancellationToken cancellationToken)
    {
        var addresses = host.Address is { } literal
            ? [literal]
            : await ResolveAsync(workspace, host, cancellationToken).ConfigureAwait(false);
        return _rules.CheckAddresses(url.Scheme == Uri.UriSchemeHttps, host, url.Port, addresses, _local) is { } refusal
            ? throw Refuse(url, refusal)
            : addresses;
    }

    /// <param name="addresses">Checked, in the order in which to try them.</param>
    /// <exception cref="SocketException">The connection to every address failed; thrown for the last one.</exception>
    internal async ValueTask<Stream> DialAsync(
        IPAddress[] addresses, int port, CancellationToken cancellationToken, ConnectionEvidence? evidence = null)
    {
        for (var i = 0; ; i++)
        {
            try
            {
                var remote = new IPEndPoint(AddressPolicy.AsDialled(addresses[i]), port);
                evidence?.Dials(remote);
                return await _network.ConnectAsync(remote, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException) when (i < addresses.Length - 1 && !cancellationToken.IsCancellationRequested)
            {
                // Try the next address.
            }
        }
    }

    private Refusal? CheckUrl(Uri url)
    {
        try
        {
            return _rules.CheckUrl(url.Scheme == Uri.UriSchemeHttps, UrlHost.Parse(url.IdnHost), url.Port, _local);
        }
        catch (SyntaxException e)
        {
            return new Refusal("The address may not be called: it has no valid host.", $"the host {e.Message}");
        }
    }

    private async Task<IPAddress[]> ResolveAsync(string workspace, UrlHost host, CancellationToken cancellationToken)
    {
        try
        {
            if (await _lookups.ResolveAsync(workspace, host.Text, cancellationToken).ConfigureAwait(false) is { Length: > 0 } addresses)
                return addresses;
        }
        catch (SocketException)
        {
            // Handled like a name without addresses.
        }

        throw new UpstreamException(new UpstreamFailure(FailureReason.NameResolution, "The host's name has no address."));
    }

    private UpstreamException Refuse(Uri url, Refusal refusal)
    {
        Refused?.Invoke(new OutboundRefusal(url.GetLeftPart(UriPartial.Authority), refusal.Explanation));
        return new UpstreamException(new UpstreamFailure(FailureReason.BlockedAddress, refusal.Detail));
    }
}
