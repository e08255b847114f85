using Actions.Engine.Limits;
using Actions.Engine.Telemetry;

namespace Actions.Engine.Outbound.Attempts;

/// <summary>
/// An API's host as used by one workspace: workspaces share neither line nor circuit breaker.
/// </summary>
internal readonly record struct HostKey(string Workspace, string Authority);

/// <summary>The line and the circuit breaker of one host.</summary>
internal sealed class UpstreamHost
{
    public UpstreamHost(HostKey key, HostLine line, HostBreaker breaker)
    {
        (Key, Line, Breaker) = (key, line, breaker);
        Node = new LinkedListNode<UpstreamHost>(this);
    }

    public HostKey Key { get; }

    public HostLine Line { get; }

    public HostBreaker Breaker { get; }

    public LinkedListNode<UpstreamHost> Node { get; }

    public int Users { get; set; }
}

/// <summary>
/// The hosts of all workspaces. All hosts in use are kept, and the most recently used of the others.
/// </summary>
internal sealed class UpstreamHosts(EngineOptions options, TimeProvider time, EngineMetrics metrics)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<HostKey, UpstreamHost> _hosts = [];
    // Least recently used first.
    private readonly LinkedList<UpstreamHost> _idle = [];

    public EngineOptions Options => options;

    public TimeProvider Time => time;

    public EngineMetrics Metrics => metrics;

    /// <summary>Number of hosts that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _hosts.Count;
        }
    }

    public UpstreamHost Acquire(HostKey key)
    {
        lock (_gate)
        {
            if (!_hosts.TryGetValue(key, out var host))
                _hosts.Add(key, host = Create(key));
            else if (host.Users == 0)
                _idle.Remove(host.Node);
            host.Users++;
            return host;
        }
    }

    public void Release(UpstreamHost host)
    {
        lock (_gate)
        {
            if (--host.Users > 0)
                return;
            _idle.AddLast(host.Node);
            while (_hosts.Count > options.MaxTrackedHosts && _idle.First is { Value: var oldest } first)
            {
                _idle.Remove(first);
                _hosts.Remove(oldest.Key);
            }
        }
    }

    private UpstreamHost Create(HostKey key) => new(
        key, new HostLine(options.MaxCallsPerHost, options.MaxLineLength), new HostBreaker(options, time, metrics));
}
