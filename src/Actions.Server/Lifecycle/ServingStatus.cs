namespace Actions.Server.Lifecycle;

internal enum ServingState
{
    /// <summary>The store isn't prepared yet, or isn't available.</summary>
    Starting,
    Ready,
    StoreUnavailable,
    /// <summary>The server is shutting down. No other state follows.</summary>
    Draining,
}

/// <summary>Whether this server accepts calls: the state that gRPC health, /readyz and the drain share.</summary>
internal sealed class ServingStatus
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _prepared = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ServingState _state = ServingState.Starting;
    private Action<ServingState>? _changed;

    public ServingState State => _state;

    /// <summary>
    /// Completes when the store is prepared: at the first move to <see cref="ServingState.Ready"/>, even in a drain.
    /// </summary>
    public Task Prepared => _prepared.Task;

    /// <summary>Moves to a state, unless the server is draining.</summary>
    /// <returns>Whether the state has changed.</returns>
    public bool MoveTo(ServingState next)
    {
        if (next == ServingState.Ready)
            _prepared.TrySetResult();
        lock (_gate)
        {
            if (_state == next || _state == ServingState.Draining)
                return false;

            _state = next;
            // Under the lock, so that subscribers get the states in order.
            _changed?.Invoke(next);
            return true;
        }
    }

    /// <summary>Reports the state now and after each change.</summary>
    /// <param name="onState">Must not block.</param>
    public void Subscribe(Action<ServingState> onState)
    {
        lock (_gate)
        {
            _changed += onState;
            onState(_state);
        }
    }
}
