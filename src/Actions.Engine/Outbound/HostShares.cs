using Actions.Engine.Limits;
using Actions.Engine.Outcomes;
using Actions.V1;

namespace Actions.Engine.Outbound;

/// <summary>
/// The share that a workspace has of a host: so many requests in flight, whatever they are for. An execution, its
/// redirects, <c>Initialize</c> and fetches of tokens count alike, so that none of them can take the connections that
/// another workspace needs.
/// </summary>
internal sealed class HostShares(EngineOptions options)
{
    private readonly Lock _gate = new();
    // Only hosts with a request in flight.
    private readonly Dictionary<(string Workspace, string Authority), int> _inFlight = [];

    /// <returns>Dispose it when the response was read.</returns>
    /// <exception cref="UpstreamException">The share is used up.</exception>
    public IDisposable Enter(string workspace, string authority)
    {
        var key = (workspace, authority);
        lock (_gate)
        {
            var inFlight = _inFlight.GetValueOrDefault(key);
            if (inFlight >= options.MaxCallsPerHost)
                throw new UpstreamException(
                    new UpstreamFailure(FailureReason.Overloaded, "Too many calls to this host are in flight."));
            _inFlight[key] = inFlight + 1;
        }

        return new Place(this, key);
    }

    private void Leave((string Workspace, string Authority) key)
    {
        lock (_gate)
        {
            if (--_inFlight[key] == 0)
                _inFlight.Remove(key);
        }
    }

    private sealed class Place(HostShares owner, (string Workspace, string Authority) key) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
                owner.Leave(key);
        }
    }
}
