using System.Net;
using Actions.Server.Logging;
using BitFaster.Caching.Lru;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Actions.Server.Strangers;

/// <summary>
/// Logs what strangers cause: the first event of an address at once, and the number of the others when the interval
/// ends. A flood of calls or connections must not become a flood of log entries.
/// </summary>
internal sealed class StrangerLog(IOptions<StrangerOptions> options, TimeProvider time, ILogger<StrangerLog> log)
{
    // Some hundred bytes each. The most recently used are kept.
    private const int MaxAddresses = 10_000;

    private readonly ConcurrentLru<(IPAddress Network, Kind Kind), Entry> _entries =
        new(Environment.ProcessorCount, MaxAddresses, EqualityComparer<(IPAddress, Kind)>.Default);

    private enum Kind
    {
        Calls,
        Connections,
    }

    public void CallRefused(IPAddress? client, string method, StatusCode code, string message)
    {
        var network = ClientNetwork.Of(client);
        if (TryTake(network, Kind.Calls))
            log.StrangerRefused(client, method, code, message);
    }

    public void ConnectionClosed(EndPoint? client, string setting) => ConnectionClosed(ClientNetwork.Of(client),
        setting);

    public void ConnectionClosed(IPAddress network, string setting)
    {
        if (TryTake(network, Kind.Connections))
            log.StrangerDisconnected(network, setting);
    }

    private bool TryTake(IPAddress network, Kind kind)
    {
        var interval = options.Value.LogInterval;
        var entry = _entries.GetOrAdd((network, kind), static _ => new Entry());
        lock (entry)
        {
            var now = time.GetTimestamp();
            if (entry.LoggedAt is not { } logged || time.GetElapsedTime(logged, now) >= interval)
            {
                entry.LoggedAt = now;
                return true;
            }

            // The first of those that aren't logged: their number is told when the interval ends.
            if (entry.Unlogged++ == 0)
                entry.Sum = time.CreateTimer(
                    _ => LogSum(network, kind, entry), null, interval - time.GetElapsedTime(logged, now),
                        Timeout.InfiniteTimeSpan);
            return false;
        }
    }

    private void LogSum(IPAddress network, Kind kind, Entry entry)
    {
        int unlogged;
        lock (entry)
        {
            unlogged = entry.Unlogged;
            entry.Unlogged = 0;
            entry.LoggedAt = time.GetTimestamp();
            entry.Sum?.Dispose();
            entry.Sum = null;
        }

        if (kind == Kind.Calls)
            log.StrangersRefused(unlogged, network);
        else
            log.StrangersDisconnected(unlogged, network);
    }

    private sealed class Entry
    {
        public long? LoggedAt { get; set; }

        public int Unlogged { get; set; }

        public ITimer? Sum { get; set; }
    }
}
