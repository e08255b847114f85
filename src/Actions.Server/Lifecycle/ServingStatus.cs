namespace Actions.Server.Lifecycle;

internal enum ServingState
{
    /// <summary>The store isn't prepared yet, or isn't there to be prepared.</summary>
    Starting,
    Ready,
    StoreUnavailable,
    /// <summary>The server is shutting down. Nothing follows.</summary>
    Draining,
}

/// <summary>Whether this server takes calls: what gRPC health, /readyz and the drain share.</summary>
internal sealed class ServingStatus
{
    private readonly Lock _gate = new();
    private Observation _current = new(ServingState.Starting);

    public Observation Current => Volatile.Read(ref _current);

    /// <summary>Moves to a state, unless the server drains already.</summary>
    /// <returns>Whether that was a change.</returns>
    public bool MoveTo(ServingState next)
    {
        Observation previous;
        lock (_gate)
        {
            previous = _current;
            if (previous.State == next || previous.State == ServingState.Draining)
                return false;

            Volatile.Write(ref _current, new Observation(next));
        }

        previous.Supersede();
        return true;
    }

    /// <summary>
    /// A state and the news that it is over. Reading the state and waiting for its end are one object, so that a
    /// watcher can't miss a change in between; one that is slow skips to the latest.
    /// </summary>
    internal sealed class Observation(ServingState state)
    {
        // Watchers go on elsewhere: none of them runs on the thread that changes the state.
        private readonly TaskCompletionSource _superseded = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ServingState State { get; } = state;

        public Task Superseded => _superseded.Task;

        public void Supersede() => _superseded.SetResult();
    }
}
