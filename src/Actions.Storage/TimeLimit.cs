namespace Actions.Storage;

/// <summary>Runs operations with a time limit.</summary>
public static class TimeLimit
{
    /// <summary>
    /// Cancels the operation's token when the limit has passed. An operation that ignores its token is still awaited;
    /// to stop waiting for it, add <c>WaitAsync(token)</c> to the operation.
    /// </summary>
    /// <exception cref="TimeoutException">The limit has passed, and the token isn't cancelled.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
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
