using Actions.Server.Configuration;
using Actions.Server.Lifecycle;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.Store;

/// <summary>
/// Limits how long anything waits for the store: not at all for a store that the last check found unavailable, and
/// <see cref="ServerOptions.StoreTimeout"/> for one that has stopped answering.
/// </summary>
internal sealed class StoreCalls(ServingStatus status, IOptions<ServerOptions> options, TimeProvider time)
{
    /// <exception cref="StoreUnavailableException">
    /// The store is unavailable, or took longer than the time-out. A write that timed out may still be carried out.
    /// </exception>
    public Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken) =>
        status.State == ServingState.StoreUnavailable
            ? throw new StoreUnavailableException(new IOException("The last check found it unavailable."), mayReturn: true)
            : InTimeAsync(call, cancellationToken);

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Func<CancellationToken, Task> call, CancellationToken cancellationToken) =>
        RunAsync(
            async token =>
            {
                await call(token).ConfigureAwait(false);
                return true;
            },
            cancellationToken);

    private async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.StoreTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            // On a thread of its own, which is abandoned when the call ignores the token: SQLite blocks until it is done.
            return await Task.Run(() => call(either.Token), either.Token).WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoreUnavailableException(
                new TimeoutException($"It didn't answer within {options.Value.StoreTimeout}."), mayReturn: true);
        }
    }
}
