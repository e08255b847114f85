using Actions.Engine;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Server.Access;
using Actions.Server.Catalog;
using Actions.Server.Configuration;
using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Server.Secrets;
using Actions.Server.Telemetry;
using Actions.Storage;
using Actions.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Actions.Server.Configs;

/// <summary>
/// Creates, reads, changes and deletes the actions of a workspace. Every action is compiled before it is saved, so that
/// a stored action can be executed. Secrets are stored encrypted and never returned to a client.
/// </summary>
internal sealed class ActionConfigService(
    EncryptedActionStore store,
    SecretVault vault,
    ActionCompiler compiler,
    ActionCatalog catalog,
    VariableIndexes variables,
    ActionEngine engine,
    Drain drain,
    TimeProvider time,
    IOptions<ServerOptions> options,
    ILogger<ActionConfigService> log) : V1.ActionConfigService.ActionConfigServiceBase
{
    public override async Task<CreateActionConfigResponse> CreateActionConfig(
        CreateActionConfigRequest request, ServerCallContext context)
    {
        var workspace = ClientIdentity.Of(context).Workspace;
        var config = Required(request.ActionConfig, "action_config").Clone();
        OutputOnly.Clear(config);
        CheckSize(config);
        compiler.Compile(config, "action_config");
        if (request.ValidateOnly)
        {
            await CheckNameAsync(workspace, config, context.CancellationToken).ConfigureAwait(false);
        }
        else
        {
            // The id is created here, not by the store: the secrets are bound to it.
            config.Id = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
            var created = await store.CreateAsync(
                workspace, vault.Protect(workspace, config), context.CancellationToken).ConfigureAwait(false);
            return new CreateActionConfigResponse { ActionConfig = SecretVault.Redact(created).Message };
        }

        return new CreateActionConfigResponse { ActionConfig = SecretVault.Redact(config).Message };
    }

    public override async Task<GetActionConfigResponse> GetActionConfig(
        GetActionConfigRequest request, ServerCallContext context)
    {
        var workspace = ClientIdentity.Of(context).Workspace;
        var stored = await GetAsync(workspace, Required(request.Id, "id"), context.CancellationToken).ConfigureAwait(false);
        return new GetActionConfigResponse { ActionConfig = SecretVault.Redact(stored).Message };
    }

    public override async Task<ListActionConfigsResponse> ListActionConfigs(
        ListActionConfigsRequest request, ServerCallContext context)
    {
        var workspace = ClientIdentity.Of(context).Workspace;
        var page = new Page(request, options.Value);
        // One more than fits shows whether there is another page.
        var actions = await store.ListAsync(workspace, page.Query, context.CancellationToken).ConfigureAwait(false);
        return page.ToResponse(
            [.. actions.Select(action => SecretVault.Redact(action).Message)],
            actions.Sum(action => (long)action.Stored.CalculateSize()));
    }

    public override async Task<UpdateActionConfigResponse> UpdateActionConfig(
        UpdateActionConfigRequest request, ServerCallContext context)
    {
        var workspace = ClientIdentity.Of(context).Workspace;
        var change = Required(request.ActionConfig, "action_config");
        Required(change.Id, "action_config.id");
        while (true)
        {
            var stored = await GetAsync(workspace, change.Id, context.CancellationToken).ConfigureAwait(false);
            if (change.Etag.Length > 0 && change.Etag != stored.Etag)
                throw new EtagMismatchException(stored.Id, stored.Etag);

            // The change is applied to the redacted action, as its author could read it: a secret in the result is a
            // new one.
            var updated = SecretVault.Redact(stored).Message;
            ConfigMask.Apply(request.UpdateMask, change, updated);
            CheckSize(updated);
            Compile(updated, "action_config", vault.KeepWhereEmpty(workspace, updated, stored, "action_config"));
            KeptSample.In(updated);
            if (request.ValidateOnly)
            {
                await CheckNameAsync(workspace, updated, context.CancellationToken).ConfigureAwait(false);
                return new UpdateActionConfigResponse { ActionConfig = SecretVault.Redact(updated).Message };
            }

            try
            {
                var replaced = await store.ReplaceAsync(
                    workspace, vault.Protect(workspace, updated), stored.Etag, context.CancellationToken)
                    .ConfigureAwait(false);
                return new UpdateActionConfigResponse { ActionConfig = SecretVault.Redact(replaced).Message };
            }
            catch (EtagMismatchException) when (change.Etag.Length == 0)
            {
                // Without an etag the client means the current version: try again on what another client just wrote.
                continue;
            }
        }
    }

    public override async Task<DeleteActionConfigResponse> DeleteActionConfig(
        DeleteActionConfigRequest request, ServerCallContext context)
    {
        var workspace = ClientIdentity.Of(context).Workspace;
        Required(request.Id, "id");
        await store.DeleteAsync(
            workspace, request.Id, request.Etag.Length > 0 ? request.Etag : null, context.CancellationToken)
            .ConfigureAwait(false);
        return new DeleteActionConfigResponse();
    }

    public override async Task<InitializeResponse> Initialize(InitializeRequest request, ServerCallContext context)
    {
        var workspace = ClientIdentity.Of(context).Workspace;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Aborted);
        var input = new ExecutionInput(workspace, request.Variables, Traceparent: ClientTrace.Of(context));
        if (request.TargetCase == InitializeRequest.TargetOneofCase.Draft)
        {
            var draft = await CompileDraftAsync(workspace, request.Draft.Clone(), stop.Token).ConfigureAwait(false);
            return await engine.InitializeAsync(draft, input, stop.Token).ConfigureAwait(false);
        }

        Required(request.Id, "id");
        var plan = await catalog.GetAsync(workspace, request.Id, stop.Token).ConfigureAwait(false);
        var response = await engine.InitializeAsync(plan, input, stop.Token).ConfigureAwait(false);
        if (response.Sample is not null)
            await TryKeepSampleAsync(workspace, request.Id, response.Sample, stop.Token).ConfigureAwait(false);
        return response;
    }

    public override async Task<ListVariablesResponse> ListVariables(
        ListVariablesRequest request, ServerCallContext context)
    {
        var workspace = ClientIdentity.Of(context).Workspace;
        var page = new VariablePage(request, options.Value);
        var index = await variables.GetAsync(workspace, context.CancellationToken).ConfigureAwait(false);
        var response = page.Of(index.Variables);
        var results = response.Variables.Where(variable => variable.Origin == VariableOrigin.Result).ToList();
        var actions = results.Select(result => result.ActionId).Distinct().Select(index.Find).OfType<ActionVariables>();
        await variables.ReadExampleTypesAsync(workspace, actions, context.CancellationToken).ConfigureAwait(false);
        foreach (var result in results)
            result.ExampleType = index.Find(result.ActionId)!.ExampleTypeOf(result.Name);
        return response;
    }

    private async Task<ActionPlan> CompileDraftAsync(string workspace, ActionConfig draft, CancellationToken cancellationToken)
    {
        if (draft.Id.Length == 0)
            return compiler.Compile(draft, "draft");
        var stored = await GetAsync(workspace, draft.Id, cancellationToken).ConfigureAwait(false);
        return Compile(draft, "draft", vault.KeepWhereEmpty(workspace, draft, stored, "draft"));
    }

    /// <param name="config">The action with its secrets in clear text.</param>
    /// <param name="root">The request's field with the action, for error texts.</param>
    /// <param name="moved">Violations for secrets that are missing because they must not be kept.</param>
    private ActionPlan Compile(ActionConfig config, string root, IReadOnlyList<FieldViolation> moved)
    {
        if (moved.Count == 0)
            return compiler.Compile(config, root);
        try
        {
            compiler.Compile(config, root);
        }
        catch (InvalidFieldsException e)
        {
            // All violations; where both lists have the same secret, the more helpful text.
            throw new InvalidFieldsException(
                [.. e.Violations.Where(found => moved.All(secret => secret.Field != found.Field)), .. moved]);
        }

        throw new InvalidFieldsException([.. moved]);
    }

    /// <summary>
    /// The API has been called: the client gets its response even if the store is unavailable by now.
    /// </summary>
    private async Task TryKeepSampleAsync(string workspace, string id, Sample sample, CancellationToken cancellationToken)
    {
        try
        {
            await KeepSampleAsync(workspace, id, sample, cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            log.SampleNotKept(id, e);
        }
    }

    private async Task KeepSampleAsync(string workspace, string id, Sample sample, CancellationToken cancellationToken)
    {
        // Until the sample is written to the current version. A deleted action doesn't affect the response either.
        while (await store.GetAsync(workspace, id, cancellationToken).ConfigureAwait(false) is { } stored)
        {
            try
            {
                await store.ReplaceAsync(workspace, stored.WithSample(sample), stored.Etag, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (EtagMismatchException)
            {
                continue;
            }
            catch (ActionNotFoundException)
            {
                return;
            }
        }
    }

    private async Task<EncryptedAction> GetAsync(string workspace, string id, CancellationToken cancellationToken) =>
        await store.GetAsync(workspace, id, cancellationToken).ConfigureAwait(false)
            ?? throw new ActionNotFoundException(id);

    private void CheckSize(ActionConfig config)
    {
        var bytes = config.CalculateSize() - (config.Sample?.CalculateSize() ?? 0);
        if (bytes > options.Value.MaxActionBytes)
            throw new InvalidFieldsException(
                "action_config", $"has {bytes} bytes; at most {options.Value.MaxActionBytes} are allowed.");
    }

    private async Task CheckNameAsync(string workspace, ActionConfig config, CancellationToken cancellationToken)
    {
        if (await store.FindByNameAsync(workspace, config.Name, cancellationToken).ConfigureAwait(false) is { } other
            && other.Id != config.Id)
            throw new NameTakenException(config.Name);
    }

    private static T Required<T>(T? message, string field)
        where T : class =>
        message is null or "" ? throw new InvalidFieldsException(field, "is required.") : message;
}
