using Actions.Storage;
using Actions.V1;

namespace Actions.Server.Store;

/// <summary>Gives every call of the store the server's time-out, so that each RPC keeps it.</summary>
internal sealed class TimedActionStore(IActionStore store, StoreCalls calls) : IActionStore
{
    // These three have time-outs of their own: a first start creates indexes, the check finds out that the store is
    // back, and watching never ends.
    public Task InitializeAsync(CancellationToken cancellationToken) => store.InitializeAsync(cancellationToken);

    public Task CheckAsync(CancellationToken cancellationToken) => store.CheckAsync(cancellationToken);

    public IAsyncEnumerable<ActionChanges> WatchAsync(CancellationToken cancellationToken) => store.WatchAsync(cancellationToken);

    public Task<ActionConfig> CreateAsync(string workspace, ActionConfig config, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.CreateAsync(workspace, config, token), cancellationToken);

    public Task<ActionConfig?> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.GetAsync(workspace, id, token), cancellationToken);

    public Task<ActionConfig?> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.FindByNameAsync(workspace, name, token), cancellationToken);

    public Task<IReadOnlyList<ActionConfig>> ListAsync(
        string workspace, ActionQuery query, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.ListAsync(workspace, query, token), cancellationToken);

    public Task<ActionConfig> ReplaceAsync(
        string workspace, ActionConfig config, string expectedEtag, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.ReplaceAsync(workspace, config, expectedEtag, token), cancellationToken);

    public Task DeleteAsync(string workspace, string id, string? expectedEtag, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.DeleteAsync(workspace, id, expectedEtag, token), cancellationToken);

    public Task<IReadOnlyDictionary<ActionKey, string>> ReadEtagsAsync(
        IReadOnlyCollection<ActionKey> actions, CancellationToken cancellationToken) =>
        calls.RunAsync(token => store.ReadEtagsAsync(actions, token), cancellationToken);
}
