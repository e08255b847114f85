using Actions.Engine;
using Actions.Engine.Limits;
using Actions.Server.Catalog;
using Actions.Server.Configuration;
using Actions.Server.Errors;
using Actions.Server.Logging;
using Actions.Server.Secrets;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;

namespace Actions.Server.Preparation;

/// <summary>
/// Makes actions ready for the conversation that will need them: all at once, each as far as it comes. What fails is
/// told by action, because the phone rings whatever one of them lacks.
/// </summary>
internal sealed class Preparer(
    ActionCatalog catalog,
    PlanCache cache,
    EncryptedActionStore store,
    ActionEngine engine,
    TimeProvider time,
    IOptions<ServerOptions> options,
    ILogger<Preparer> log)
{
    // As in the contract. More tools than this confuse a language model.
    private const int MaxActions = 50;

    /// <exception cref="InvalidFieldsException">The request names nothing, or too much.</exception>
    /// <exception cref="StoreUnavailableException">Labels are asked for, and the store is unavailable.</exception>
    public async Task<PrepareResponse> PrepareAsync(
        string workspace, PrepareRequest request, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        Check(request);
        var wanted = request.Ids.Select(id => new Wanted(id, ""))
            .Concat(request.Names.Select(name => new Wanted("", name)))
            .Concat(await FindLabelledAsync(workspace, request, cancellationToken).ConfigureAwait(false));
        var compiled = await Task.WhenAll(
            wanted.Select(one => CompileAsync(workspace, one, cancellationToken))).ConfigureAwait(false);
        // The same action may be asked for by id, name and label.
        var distinct = compiled.DistinctBy(one => one.Action.Id.Length > 0 ? one.Action.Id : $"name {one.Action.Name}")
            .Take(MaxActions);
        var actions = await Task.WhenAll(
            distinct.Select(one => MakeReadyAsync(workspace, one, cancellationToken))).ConfigureAwait(false);
        var elapsed = time.GetElapsedTime(began);
        log.Prepared(
            actions.Length, request.CallId, elapsed,
            actions.Count(action => action.Steps.Any(step => step.Failure != FailureReason.Unspecified)));
        return new PrepareResponse { Actions = { actions }, Elapsed = Duration.FromTimeSpan(elapsed) };
    }

    private void Check(PrepareRequest request)
    {
        if (request.Ids.Count + request.Names.Count + request.Labels.Count == 0)
            throw new InvalidFieldsException("ids", "or names or labels are required: which actions to prepare.");
        if (request.Ids.Count + request.Names.Count > MaxActions)
            throw new InvalidFieldsException(
                "ids", $"and names are {request.Ids.Count + request.Names.Count}; at most {MaxActions} are allowed.");
        if (request.Labels.Count > options.Value.MaxLabelFilters)
            throw new InvalidFieldsException(
                "labels", $"has {request.Labels.Count} labels; at most {options.Value.MaxLabelFilters} are allowed.");
        if (request.Ids.Concat(request.Names).Any(text => text.Length == 0))
            throw new InvalidFieldsException("ids", "and names must not be empty.");
    }

    /// <returns>The first by name that the response has room for.</returns>
    private async Task<IEnumerable<Wanted>> FindLabelledAsync(
        string workspace, PrepareRequest request, CancellationToken cancellationToken)
    {
        if (request.Labels.Count == 0)
            return [];
        var query = new ActionQuery { Limit = MaxActions, Labels = request.Labels };
        var listed = await store.ListAsync(workspace, query, cancellationToken).ConfigureAwait(false);
        return listed.Where(action => !action.Stored.Disabled).Select(action => new Wanted(action.Stored.Id, ""));
    }

    private async Task<Compiled> CompileAsync(string workspace, Wanted wanted, CancellationToken cancellationToken)
    {
        var (id, name) = wanted;
        var action = new PreparedAction { Id = id, Name = name };
        var step = new PreparedStep
        {
            Kind = PreparationKind.Compile,
            ReadyBefore = cache.Find(new PlanKey(workspace, id, id.Length > 0 ? "" : ActionName.Key(name))) is not null,
        };
        var began = time.GetTimestamp();
        ActionPlan? plan = null;
        try
        {
            plan = id.Length > 0
                ? await catalog.GetAsync(workspace, id, cancellationToken).ConfigureAwait(false)
                : await catalog.FindByNameAsync(workspace, name, cancellationToken).ConfigureAwait(false);
            (action.Id, action.Name) = (plan.Id, plan.Name);
            if (plan.Disabled)
                throw new ActionDisabledException(plan.Id);
        }
        catch (Exception e) when (e is ActionNotFoundException or ActionNameNotFoundException or ActionDisabledException
            or SecretUnreadableException or InvalidFieldsException)
        {
            (step.Failure, step.Detail, plan) = (FailureReason.InvalidArguments, e.Message, null);
        }
        catch (StoreUnavailableException e)
        {
            (step.Failure, step.Detail) = (FailureReason.Connection, e.Message);
        }

        step.Elapsed = Duration.FromTimeSpan(time.GetElapsedTime(began));
        action.Steps.Add(step);
        return new Compiled(action, plan);
    }

    private async Task<PreparedAction> MakeReadyAsync(
        string workspace, Compiled compiled, CancellationToken cancellationToken)
    {
        if (compiled.Plan is { } plan)
            compiled.Action.Steps.AddRange(
                await engine.MakeReadyAsync(plan, workspace, cancellationToken).ConfigureAwait(false));
        return compiled.Action;
    }

    /// <summary>Either the id or the name is there.</summary>
    private readonly record struct Wanted(string Id, string Name);

    /// <param name="Plan">Null: the action can't be executed.</param>
    private sealed record Compiled(PreparedAction Action, ActionPlan? Plan);
}
