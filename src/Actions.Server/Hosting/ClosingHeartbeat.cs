using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Actions.Server.Hosting;

/// <summary>
/// Keeps Kestrel's heartbeat up while the server stops. Kestrel ends its own before it closes its connections. An HTTP/2
/// connection without one may miss that its last stream has ended, if the client could still send on a stream: it then
/// waits for that client until <see cref="Lifecycle.DrainOptions.StopTimeout"/>.
/// </summary>
internal sealed class ClosingHeartbeat
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly IHostApplicationLifetime _host;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<Beats, bool> _connections = [];

    public ClosingHeartbeat(IHostApplicationLifetime host, TimeProvider time)
    {
        (_host, _time) = (host, time);
        host.ApplicationStopping.Register(() => _ = BeatAsync());
    }

    public async Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.Features.Get<IConnectionHeartbeatFeature>() is not { } kestrel)
        {
            await next(connection).ConfigureAwait(false);
            return;
        }

        var beats = new Beats(kestrel);
        connection.Features.Set<IConnectionHeartbeatFeature>(beats);
        _connections.TryAdd(beats, true);
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            _connections.TryRemove(beats, out _);
        }
    }

    private async Task BeatAsync()
    {
        while (!_host.ApplicationStopped.IsCancellationRequested)
        {
            // Kestrel's own has ended by then.
            await Task.Delay(Interval, _time, CancellationToken.None).ConfigureAwait(false);
            foreach (var (beats, _) in _connections)
                beats.Beat();
        }
    }

    /// <summary>What a connection does at each beat.</summary>
    private sealed class Beats(IConnectionHeartbeatFeature kestrel) : IConnectionHeartbeatFeature
    {
        private readonly ConcurrentQueue<(Action<object> Action, object State)> _actions = [];

        public void OnHeartbeat(Action<object> action, object state)
        {
            _actions.Enqueue((action, state));
            kestrel.OnHeartbeat(action, state);
        }

        public void Beat()
        {
            foreach (var (action, state) in _actions)
                action(state);
        }
    }
}
