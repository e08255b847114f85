namespace Actions.Storage;

/// <summary>Runs operations that have to end within a time.</summary>
public static class TimeLimit
{
    /// <summary>
    /// Cancels the operation's token when the time is over. An operation that ignores its token is waited for all the
    /// same: where that must not be, add <c>WaitAsync(token)</c> to it.
    /// </summary>
    /// <exception cref="TimeoutException">The time is over, and the client hasn't cancelled.</exception>
    /// <exception cref="OperationCanceledException">The client has cancelled.</exception>
    public static async Task<T> RunAsync<T>(
        TimeProvider clock, TimeSpan limit, Func<CancellationToken, Task<T>> operation, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        try
        {
            return await operation(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No response within {limit}.", e);
        }
    }

    /// <inheritdoc cref="RunAsync{T}" />
    public static Task RunAsync(
        TimeProvider clock, TimeSpan limit, Func<CancellationToken, Task> operation, CancellationToken cancellationToken)
    {
        return RunAsync(clock, limit, RunAndReturnAsync, cancellationToken);

        async Task<bool> RunAndReturnAsync(CancellationToken token)
        {
            await operation(token).ConfigureAwait(false);
            return true;
        }
    }
}
