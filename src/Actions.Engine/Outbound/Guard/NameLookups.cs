using System.Collections.Concurrent;
using System.Net;

namespace Actions.Engine.Outbound.Guard;

/// <summary>
/// Resolves names, with a limit on concurrent look-ups. A look-up whose name server doesn't respond stays busy for as
/// long as the system retries and can't be stopped: without a limit such names would take all threads.
/// </summary>
/// <param name="limit">Concurrent look-ups in total.</param>
/// <param name="limitPerWorkspace">Concurrent look-ups per workspace, so that one workspace's names don't delay
/// another's.</param>
internal sealed class NameLookups(INetwork network, int limit, int limitPerWorkspace)
{
    private readonly ConcurrentDictionary<string, Task<IPAddress[]>> _running = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Share> _shares = new(StringComparer.Ordinal);
    private readonly Share _all = new(limit);

    /// <summary>Resolves a name. Concurrent requests for the same name share one look-up.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">The name has no address, or no name server
    /// responded.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled; the look-up keeps its slot until it
    /// ends.</exception>
    public async Task<IPAddress[]> ResolveAsync(string workspace, string name, CancellationToken cancellationToken)
    {
        if (!_running.TryGetValue(name, out var lookup))
            lookup = await BeginAsync(workspace, name, cancellationToken).ConfigureAwait(false);
        return await lookup.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task<Task<IPAddress[]>> BeginAsync(string workspace, string name, CancellationToken cancellationToken)
    {
        var share = Enter(workspace);
        var hasTurn = false;
        try
        {
            await share.Turns.WaitAsync(cancellationToken).ConfigureAwait(false);
            hasTurn = true;
            await _all.Turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            Leave(workspace, share, hasTurn);
            throw;
        }

        // Another request may have started the same look-up during the wait.
        var done = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        var lookup = _running.GetOrAdd(name, done.Task);
        if (lookup == done.Task)
            _ = RunAsync(workspace, name, share, done);
        else
            End(workspace, share);
        return lookup;
    }

    private async Task RunAsync(string workspace, string name, Share share, TaskCompletionSource<IPAddress[]> done)
    {
        try
        {
            var addresses = await network.ResolveAsync(name, CancellationToken.None).ConfigureAwait(false);
            _running.TryRemove(name, out _);
            done.SetResult(addresses);
        }
        catch (Exception e)
        {
            _running.TryRemove(name, out _);
            done.SetException(e);
            // Observed here: every waiting request may have been cancelled by now.
            _ = done.Task.Exception;
        }
        finally
        {
            End(workspace, share);
        }
    }

    private void End(string workspace, Share share)
    {
        _all.Turns.Release();
        Leave(workspace, share, hasTurn: true);
    }

    private Share Enter(string workspace)
    {
        lock (_shares)
        {
            if (!_shares.TryGetValue(workspace, out var share))
                _shares.Add(workspace, share = new Share(limitPerWorkspace));
            share.Users++;
            return share;
        }
    }

    // The last user removes the workspace's share: no idle workspace stays in memory.
    private void Leave(string workspace, Share share, bool hasTurn)
    {
        lock (_shares)
        {
            if (hasTurn)
                share.Turns.Release();
            if (--share.Users == 0)
                _shares.Remove(workspace);
        }
    }

    private sealed class Share(int limit)
    {
        public SemaphoreSlim Turns { get; } = new(limit);

        public int Users { get; set; }
    }
}
