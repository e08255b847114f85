using Microsoft.AspNetCore.Connections;

namespace Actions.Server.Strangers;

/// <summary>
/// Limits the connections of one listener. A connection that hasn't carried a call with valid credentials gives way
/// when there is no room: strangers can't keep others from connecting, and a probe of <c>/readyz</c> finds a place
/// whatever they do.
/// </summary>
/// <remarks>
/// There is no limit per address for connections that are in use: a proxy may have one for each call of all its
/// clients.
/// </remarks>
internal sealed class ConnectionLimiter(ConnectionLimit limit, TimeProvider time, StrangerLog log)
{
    private readonly Lock _gate = new();
    private readonly Crowd<ClientConnection> _strangers = new();
    // Of clients that had valid credentials.
    private int _admitted;

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var own = new ClientConnection(connection, Admit);
        if (!TryEnter(own, connection))
        {
            log.ConnectionClosed(connection.RemoteEndPoint, limit.Setting);
            own.Close("The server has too many connections.");
            return;
        }

        connection.Features.Set(own);
        await using var patience = time.CreateTimer(
            _ => CloseIfSilent(own), null, limit.MaxSilence, Timeout.InfiniteTimeSpan).ConfigureAwait(false);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            Leave(own);
        }
    }

    private static void CloseIfSilent(ClientConnection connection)
    {
        if (!connection.HasRequest)
            connection.Close("The client sent no request in time.");
    }

    private bool TryEnter(ClientConnection own, ConnectionContext connection)
    {
        Crowd<ClientConnection>.Member? closed = null;
        lock (_gate)
        {
            if (_admitted + _strangers.Count >= limit.Connections)
            {
                closed = _strangers.TakeOldestOfMost();
                if (closed is null)
                    return false;
                closed.Value.Place = null;
            }

            own.Place = _strangers.Add(ClientNetwork.Of(connection.RemoteEndPoint), own);
        }

        if (closed is not null)
        {
            log.ConnectionClosed(closed.Network, limit.Setting);
            closed.Value.Close("Another client needs the place of this connection.");
        }

        return true;
    }

    private void Admit(ClientConnection connection)
    {
        lock (_gate)
        {
            // It may be closing.
            if (connection.Place is not { } place || !_strangers.Remove(place))
                return;
            connection.Place = null;
            connection.IsAdmitted = true;
            _admitted++;
        }
    }

    private void Leave(ClientConnection connection)
    {
        lock (_gate)
        {
            if (connection.IsAdmitted)
                _admitted--;
            else if (connection.Place is { } place)
                _strangers.Remove(place);
        }
    }
}

/// <param name="Connections">How many connections a listener may have.</param>
/// <param name="Setting">The setting that says so.</param>
/// <param name="MaxSilence">When a connection without a request is closed; infinite where another limit does
/// that.</param>
internal sealed record ConnectionLimit(int Connections, string Setting, TimeSpan MaxSilence);
