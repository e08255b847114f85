namespace Actions.Storage.Decorators;

/// <summary>
/// Fails store operations at once while the store is known to be unavailable, and after a time-out when the store
/// doesn't respond.
/// </summary>
/// <param name="timeout">Time limit of one operation.</param>
/// <param name="isAvailable">False: the last check found the store unavailable.</param>
/// <param name="onFailure">Called for each failed operation; true: it timed out.</param>
public sealed class StoreLimit(TimeSpan timeout, Func<bool> isAvailable, TimeProvider clock, Action<bool>? onFailure = null)
{
    /// <summary>
    /// An operation that ignores its token continues in the background after the time-out. A write that timed out may
    /// still succeed, as with any store on a network.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store is unavailable or didn't respond in time. Both are
    /// transient.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> operation, CancellationToken cancellationToken)
    {
        if (!isAvailable())
            throw new StoreUnavailableException(new IOException("The last check found the store unavailable."), isTransient: true);
        try
        {
            return await TimeLimit.RunAsync(clock, timeout, token => operation(token).WaitAsync(token), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            onFailure?.Invoke(false);
            throw;
        }
        catch (TimeoutException e)
        {
            onFailure?.Invoke(true);
            throw new StoreUnavailableException(e, isTransient: true);
        }
    }

    /// <inheritdoc cref="RunAsync{T}" />
    public Task RunAsync(Func<CancellationToken, Task> operation, CancellationToken cancellationToken)
    {
        return RunAsync(RunAndReturnAsync, cancellationToken);

        async Task<bool> RunAndReturnAsync(CancellationToken token)
        {
            await operation(token).ConfigureAwait(false);
            return true;
        }
    }
}
