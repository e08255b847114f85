using System.Net;
using System.Net.Sockets;
using Actions.V1;

namespace Actions.Engine.Outbound.Guard;

/// <summary>
/// Decides what may be called, and makes the connections. A name is looked up once for each; all its addresses are judged,
/// and the very ones that were judged are dialled: DNS that answers differently the next time finds nobody who asks.
/// </summary>
public sealed class OutboundGuard
{
    private readonly OutboundRules _rules;
    // Two threads' stacks a core would be little, and a look-up that is answered takes milliseconds: enough that the
    // look-ups of eight workspaces with dead name servers leave the others theirs.
    private const int MaxLookups = 128;
    private const int MaxLookupsPerWorkspace = 16;

    private readonly INetwork _network;
    private readonly NameLookups _lookups;
    private readonly ThisMachine _machine;

    /// <param name="options">Checked before.</param>
    /// <param name="listeningPorts">The ports on which this server listens, as soon as it does: it never calls itself.</param>
    /// <param name="time">The clock.</param>
    public OutboundGuard(OutboundOptions options, Func<IReadOnlyCollection<int>> listeningPorts, TimeProvider time)
        : this(options, SystemNetwork.Instance, listeningPorts, time)
    {
    }

    internal OutboundGuard(OutboundOptions options, INetwork network, Func<IReadOnlyCollection<int>> listeningPorts, TimeProvider time)
    {
        _rules = new OutboundRules(options, problem => throw new ArgumentException(problem, nameof(options)));
        _network = network;
        _lookups = new NameLookups(network, MaxLookups, MaxLookupsPerWorkspace);
        _machine = new ThisMachine(network, listeningPorts, time);
    }

    /// <summary>Raised for each call that is refused at the last moment; what is refused when an action is saved isn't one.</summary>
    public event Action<OutboundRefusal>? Refused;

    /// <summary>What can be known without a look-up.</summary>
    /// <returns>Null, or why the URL may not be called and what to do, as the end of a sentence about it.</returns>
    internal string? Judge(Uri url) => JudgeUrl(url)?.Explanation;

    /// <exception cref="UpstreamException">The URL may not be called.</exception>
    internal void Require(Uri url)
    {
        if (JudgeUrl(url) is { } refusal)
            throw Refuse(url, refusal);
    }

    /// <summary>For <see cref="SocketsHttpHandler.ConnectCallback"/>.</summary>
    /// <exception cref="UpstreamException">The name has no address, or one that may not be called.</exception>
    /// <exception cref="SocketException">Nobody answers at the last of its addresses.</exception>
    internal async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        // Connections are pooled by scheme, host and port: all three are those of the request that asked for this one.
        var url = context.InitialRequestMessage.RequestUri!;
        var host = UrlHost.Parse(context.DnsEndPoint.Host);
        var addresses = host.Address is { } literal ? [literal] : await ResolveAsync(context.InitialRequestMessage.Workspace, host, cancellationToken).ConfigureAwait(false);
        var port = context.DnsEndPoint.Port;
        if (_rules.JudgeAddresses(url.Scheme == Uri.UriSchemeHttps, host, port, addresses, _machine) is { } refusal)
            throw Refuse(url, refusal);

        for (var i = 0; ; i++)
        {
            try
            {
                return await _network.ConnectAsync(new IPEndPoint(AddressPolicy.AsDialled(addresses[i]), port), cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException) when (i < addresses.Length - 1 && !cancellationToken.IsCancellationRequested)
            {
                // The next one may answer.
            }
        }
    }

    private Refusal? JudgeUrl(Uri url)
    {
        try
        {
            return _rules.JudgeUrl(url.Scheme == Uri.UriSchemeHttps, UrlHost.Parse(url.IdnHost), url.Port, _machine);
        }
        catch (FormatException e)
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
            // The same as none.
        }

        throw new UpstreamException(new UpstreamFailure(FailureReason.NameResolution, "The host's name has no address."));
    }

    private UpstreamException Refuse(Uri url, Refusal refusal)
    {
        Refused?.Invoke(new OutboundRefusal(url.GetLeftPart(UriPartial.Authority), refusal.Explanation));
        return new UpstreamException(new UpstreamFailure(FailureReason.BlockedAddress, refusal.Detail));
    }
}
