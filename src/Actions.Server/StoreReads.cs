using Actions.Server.Lifecycle;
using Actions.Server.Telemetry;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server;

/// <summary>
/// Reads of the store that a call waits for. None of them waits long: not for a store that is known to be away, nor for one
/// that has stopped answering.
/// </summary>
internal sealed class StoreReads(
    ServingStatus status, IOptions<ServerOptions> options, TimeProvider time, StoreMetrics metrics)
{
    /// <exception cref="StoreUnavailableException">The store is away, or took longer than
    /// <see cref="ServerOptions.StoreTimeout"/>.</exception>
    public Task<T> ForCallAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        status.Current.State == ServingState.StoreUnavailable
            ? throw new StoreUnavailableException(new IOException("The last check found it away."), mayReturn: true)
            : InTimeAsync(read, cancellationToken);

    /// <summary>The same for who finds out by it whether the store is back.</summary>
    /// <exception cref="StoreUnavailableException">It took longer than <see cref="ServerOptions.StoreTimeout"/>.</exception>
    public async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.StoreTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            // On a thread of its own, and left alone if it doesn't heed the token: SQLite keeps the thread until it is done.
            return await Task.Run(() => read(either.Token), either.Token).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (StoreUnavailableException)
        {
            metrics.Failed(StoreMetrics.Unavailable);
            throw;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            metrics.Failed(StoreMetrics.Timeout);
            throw new StoreUnavailableException(
                new TimeoutException($"It didn't answer within {options.Value.StoreTimeout}."), mayReturn: true);
        }
    }
}
