using Actions.Engine;
using Actions.Server.Secrets;
using Actions.Storage;
using BitFaster.Caching.Lru;

namespace Actions.Server.Catalog;

/// <summary>
/// The variables of the workspaces whose editors have asked for them. An index is built from all actions of its
/// workspace and used until one of them is written; what other servers write is seen within five seconds, as in the
/// catalog.
/// </summary>
internal sealed class VariableIndexes(EncryptedActionStore store, ActionCompiler compiler, TimeProvider time)
    : IDisposable
{
    // As the contract says.
    private const int MaxActions = 10_000;
    private const int MaxBytes = 16 << 20;

    private const int ActionsAtOnce = 100;
    private const int BytesAtOnce = 4 << 20;
    private const int MaxWorkspaces = 4;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private readonly ConcurrentLru<string, Slot> _slots = new(MaxWorkspaces);

    // One at a time, whoever asks: executions need the processors.
    private readonly SemaphoreSlim _turn = new(1);

    /// <exception cref="StoreUnavailableException">The store is unavailable.</exception>
    public Task<VariableIndex> GetAsync(string workspace, CancellationToken cancellationToken)
    {
        var slot = _slots.GetOrAdd(workspace, static _ => new Slot());
        lock (slot)
        {
            if (slot.Index is null || slot.Index.IsFaulted
                || (slot.Index.IsCompleted && time.GetElapsedTime(slot.Began) >= Lifetime))
            {
                (slot.Began, var last) = (time.GetTimestamp(), slot.Last);
                // Those that come meanwhile share it, so none of them can cancel it.
                slot.Index = Task.Run(() => BuildAsync(workspace, slot, last), CancellationToken.None);
            }

            return slot.Index.WaitAsync(cancellationToken);
        }
    }

    /// <summary>An action of the workspace was written. Called before the write is acknowledged.</summary>
    public void Invalidate(string workspace)
    {
        if (!_slots.TryGet(workspace, out var slot))
            return;
        lock (slot)
            slot.Index = null;
    }

    /// <summary>Reads the types in the samples of these actions.</summary>
    /// <exception cref="StoreUnavailableException">The store is unavailable.</exception>
    public async Task ReadExampleTypesAsync(
        string workspace, IEnumerable<ActionVariables> actions, CancellationToken cancellationToken)
    {
        foreach (var action in actions.Where(action => !action.HasExampleTypes))
        {
            action.ReadExampleTypes(
                await store.GetAsync(workspace, action.Id, cancellationToken).ConfigureAwait(false), compiler);
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<VariableIndex> BuildAsync(string workspace, Slot slot, VariableIndex? last)
    {
        await _turn.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            var index = new VariableIndex(await ReadAsync(workspace, last).ConfigureAwait(false));
            lock (slot)
                slot.Last = index;
            return index;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <param name="last">Has the actions that haven't changed.</param>
    private async Task<List<ActionVariables>> ReadAsync(string workspace, VariableIndex? last)
    {
        var actions = new List<ActionVariables>();
        var (bytes, after) = (0L, (string?)null);
        while (true)
        {
            var query = new ActionQuery { Limit = ActionsAtOnce, MaxBytes = BytesAtOnce, AfterName = after };
            var page = await store.ListAsync(workspace, query, CancellationToken.None).ConfigureAwait(false);
            if (page.Count == 0)
                return actions;
            foreach (var action in page)
            {
                var variables = last?.Find(action.Id) is { } known && known.Etag == action.Etag
                    ? known
                    : ActionVariables.Of(action, compiler);
                bytes += variables.Bytes;
                if (actions.Count == MaxActions || bytes > MaxBytes)
                    return actions;
                actions.Add(variables);
            }

            after = page[^1].Stored.Name;
        }
    }

    private sealed class Slot
    {
        /// <summary>The clock's timestamp.</summary>
        public long Began { get; set; }

        /// <summary>Null: an action was written since.</summary>
        public Task<VariableIndex>? Index { get; set; }

        public VariableIndex? Last { get; set; }
    }
}
