namespace Actions.Storage.Decorators;

/// <summary>Applies a <see cref="StoreLimit"/> to every operation but the first and the purge, which may take
/// long.</summary>
public sealed class LimitedCallStore(ICallStore inner, StoreLimit storeLimit) : ICallStore
{
    /// <inheritdoc />
    public Task InitializeAsync(CancellationToken cancellationToken) => inner.InitializeAsync(cancellationToken);

    /// <inheritdoc />
    public Task<ClaimAnswer> ClaimAsync(CallClaim claim, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.ClaimAsync(claim, token), cancellationToken);

    /// <inheritdoc />
    public Task WriteAsync(IReadOnlyCollection<CallWrite> writes, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.WriteAsync(writes, token), cancellationToken);

    /// <inheritdoc />
    public Task<StoredExecution?> GetExecutionAsync(
        string workspace, string executionId, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.GetExecutionAsync(workspace, executionId, token), cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyList<StoredVariable>> GetVariablesAsync(
        CallKey key, IReadOnlyCollection<string> names, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.GetVariablesAsync(key, names, token), cancellationToken);

    /// <inheritdoc />
    public Task<StoredCall?> GetCallAsync(CallKey key, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.GetCallAsync(key, token), cancellationToken);

    /// <inheritdoc />
    public Task EndAsync(
        CallKey key, DateTimeOffset now, DateTimeOffset expires, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.EndAsync(key, now, expires, token), cancellationToken);

    /// <inheritdoc />
    public Task<IReadOnlyDictionary<CallKey, DateTimeOffset>> FindEndedAsync(
        IReadOnlyCollection<CallKey> calls, CancellationToken cancellationToken) =>
        storeLimit.RunAsync(token => inner.FindEndedAsync(calls, token), cancellationToken);

    /// <inheritdoc />
    public Task<int> PurgeAsync(DateTimeOffset now, int maxCallsPerWorkspace, CancellationToken cancellationToken) =>
        inner.PurgeAsync(now, maxCallsPerWorkspace, cancellationToken);
}
