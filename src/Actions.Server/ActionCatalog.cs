using System.Collections.Concurrent;
using Actions.Engine;
using Actions.Server.Secrets;
using Actions.Storage;
using Microsoft.Extensions.Options;

namespace Actions.Server;

/// <summary>Compiled actions by id and name: from the cache, or from the store by way of the compiler.</summary>
internal sealed class ActionCatalog(
    IActionStore store, SecretVault vault, ActionCompiler compiler, IOptions<ServerOptions> options)
{
    private readonly ConcurrentDictionary<(string Workspace, string Id), ActionPlan> _plans = new();
    private readonly ConcurrentDictionary<(string Workspace, string NameKey), string> _ids = new();
    private readonly Lock _gate = new();
    private long _generation;

    /// <exception cref="ActionNotFoundException">The workspace has no such action.</exception>
    /// <exception cref="SecretUnreadableException">A secret of it can't be decrypted.</exception>
    public async ValueTask<ActionPlan> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        _plans.TryGetValue((workspace, id), out var plan)
            ? plan
            : await LoadAsync(workspace, () => store.GetAsync(workspace, id, cancellationToken)).ConfigureAwait(false)
                ?? throw new ActionNotFoundException(id);

    /// <exception cref="ActionNameNotFoundException">The workspace has no action of that name.</exception>
    /// <exception cref="SecretUnreadableException">A secret of it can't be decrypted.</exception>
    public async ValueTask<ActionPlan> FindByNameAsync(string workspace, string name, CancellationToken cancellationToken)
    {
        var key = ActionName.Key(name);
        return _ids.TryGetValue((workspace, key), out var id) && _plans.TryGetValue((workspace, id), out var plan)
            && ActionName.Key(plan.Name) == key // renamed since
            ? plan
            : await LoadAsync(workspace, () => store.FindByNameAsync(workspace, name, cancellationToken)).ConfigureAwait(false)
                ?? throw new ActionNameNotFoundException(name);
    }

    /// <summary>To be called after every write, before it is acknowledged.</summary>
    public void Invalidate(string workspace, string id)
    {
        lock (_gate)
        {
            Interlocked.Increment(ref _generation);
            _plans.TryRemove((workspace, id), out _);
        }
    }

    private async Task<ActionPlan?> LoadAsync(string workspace, Func<Task<V1.ActionConfig?>> read)
    {
        var generation = Interlocked.Read(ref _generation);
        if (await read().ConfigureAwait(false) is not { } config)
            return null;

        var plan = compiler.CompileStored(vault.Reveal(workspace, config), "action_config");
        lock (_gate)
        {
            // What was read before a write that ended meanwhile must not be kept, not even for a moment.
            if (generation == Interlocked.Read(ref _generation))
                Keep(workspace, plan);
        }

        return plan;
    }

    private void Keep(string workspace, ActionPlan plan)
    {
        // Renamed actions leave their old names behind: there may be more of those than of plans.
        if (Math.Max(_plans.Count, _ids.Count) >= options.Value.MaxCachedActions)
        {
            _plans.Clear();
            _ids.Clear();
        }

        _plans[(workspace, plan.Id)] = plan;
        _ids[(workspace, ActionName.Key(plan.Name))] = plan.Id;
    }
}
