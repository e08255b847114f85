using System.Net;

namespace Actions.Engine.Evidence;

/// <summary>
/// How a connection came about. Written by whoever opens it; requests read it, also while it is being opened.
/// </summary>
/// <param name="target">Host and port of the requests that use it.</param>
/// <param name="isName">The host is looked up.</param>
internal sealed class ConnectionEvidence(TimeProvider time, DnsEndPoint target, bool isName, bool isSecure)
{
    private const long NotYet = long.MaxValue;

    // What this thread has read from last. HttpClient reads the headers of a response on the thread on which their
    // bytes have come, and tells only which request they are for.
    [ThreadStatic]
    private static ConnectionEvidence? _lastRead;

    private readonly long _began = time.GetTimestamp();
    private long _resolved = NotYet;
    private long _connected = NotYet;
    private long _opened = NotYet;

    /// <summary>The address that was dialled last.</summary>
    public IPEndPoint? Remote { get; private set; }

    /// <returns>The connection on which an answer to a request for this URL has just come. Null: not known.</returns>
    public static ConnectionEvidence? Answering(Uri url) =>
        _lastRead is { } last && last.Port == url.Port && last.Host == url.IdnHost ? last : null;

    private string Host => target.Host;

    private int Port => target.Port;

    /// <summary>Whether requests could be sent on it.</summary>
    public bool WasOpenAt(long moment) => Volatile.Read(ref _opened) <= moment;

    public void Resolved() => Volatile.Write(ref _resolved, time.GetTimestamp());

    public void Dials(IPEndPoint remote) => Remote = remote;

    public void Connected() => Volatile.Write(ref _connected, time.GetTimestamp());

    /// <summary>TLS is set up, if there is any.</summary>
    public void Opened() => Volatile.Write(ref _opened, time.GetTimestamp());

    public void WasRead() => _lastRead = this;

    /// <summary>The clock's ticks that each step has taken until this moment. Null: it hadn't begun; one that
    /// isn't over lasts until then.</summary>
    public (long? Resolve, long? Connect, long? Tls) Until(long moment)
    {
        var resolved = isName ? Volatile.Read(ref _resolved) : _began;
        var (connected, opened) = (Volatile.Read(ref _connected), Volatile.Read(ref _opened));
        return (
            isName ? Math.Min(resolved, moment) - _began : null,
            resolved <= moment ? Math.Min(connected, moment) - resolved : null,
            isSecure && connected <= moment ? Math.Min(opened, moment) - connected : null);
    }
}
