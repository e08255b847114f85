using Actions.Server.Lifecycle;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server.History;

/// <summary>The history's store, which is prepared when it is first needed: no start waits for it.</summary>
internal sealed class HistoryAccess(
    IHistoryStore store, ServingStatus status, IOptions<HistoryOptions> options, TimeProvider time)
{
    /// <summary>For those who have time. Statistics of a million executions take a second.</summary>
    public static readonly TimeSpan LongTimeout = TimeSpan.FromSeconds(10);

    private volatile bool _isPrepared;

    /// <exception cref="StoreUnavailableException">It failed, or took too long.</exception>
    public async Task<T> UseAsync<T>(
        Func<IHistoryStore, CancellationToken, Task<T>> use, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await TimeLimit.RunAsync(
                time, timeout, token => PrepareAndUseAsync(use, token).WaitAsync(token), cancellationToken)
                .ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw new StoreUnavailableException(e, isTransient: true);
        }
    }

    /// <summary>A store that has failed is prepared again: its file may be gone.</summary>
    public void PrepareAgain() => _isPrepared = false;

    private async Task<T> PrepareAndUseAsync<T>(
        Func<IHistoryStore, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        if (!_isPrepared)
        {
            // The same database may have to be waited for.
            await status.Prepared.WaitAsync(cancellationToken).ConfigureAwait(false);
            await store.InitializeAsync(options.Value.Retention, cancellationToken).ConfigureAwait(false);
            _isPrepared = true;
        }

        return await use(store, cancellationToken).ConfigureAwait(false);
    }
}
