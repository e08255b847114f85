using Actions.Storage;

namespace Actions.Server.Secrets;

/// <summary>
/// Wraps <see cref="IActionStore"/> with a separate type for stored actions: an action with secrets in the clear can't
/// be stored, and a stored action can't be returned to a client. Methods and exceptions are those of the store.
/// </summary>
internal sealed class EncryptedActionStore(IActionStore store)
{
    public async Task<EncryptedAction> CreateAsync(string workspace, EncryptedAction action, CancellationToken cancellationToken) =>
        new(await store.CreateAsync(workspace, action.Stored, cancellationToken).ConfigureAwait(false));

    /// <returns>Null: the workspace has no such action.</returns>
    public async Task<EncryptedAction?> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        await store.GetAsync(workspace, id, cancellationToken).ConfigureAwait(false) is { } stored ? new(stored) : null;

    /// <returns>Null: the workspace has no such action.</returns>
    public async Task<EncryptedAction?> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken) =>
        await store.FindByNameAsync(workspace, name, cancellationToken).ConfigureAwait(false) is { } stored ? new(stored) : null;

    public async Task<IReadOnlyList<EncryptedAction>> ListAsync(
        string workspace, ActionQuery query, CancellationToken cancellationToken)
    {
        var listed = await store.ListAsync(workspace, query, cancellationToken).ConfigureAwait(false);
        return [.. listed.Select(stored => new EncryptedAction(stored))];
    }

    public async Task<EncryptedAction> ReplaceAsync(
        string workspace, EncryptedAction action, string expectedEtag, CancellationToken cancellationToken) =>
        new(await store.ReplaceAsync(workspace, action.Stored, expectedEtag, cancellationToken).ConfigureAwait(false));

    public Task DeleteAsync(string workspace, string id, string? expectedEtag, CancellationToken cancellationToken) =>
        store.DeleteAsync(workspace, id, expectedEtag, cancellationToken);
}
