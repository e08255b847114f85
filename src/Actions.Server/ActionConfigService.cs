using Actions.Engine;
using Actions.Server.Access;
using Actions.Server.Configs;
using Actions.Server.Lifecycle;
using Actions.Storage;
using Actions.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Actions.Server;

/// <summary>Keeps the actions of a workspace. Saving compiles: what is stored can be run.</summary>
internal sealed class ActionConfigService(
    IActionStore store,
    ActionCompiler compiler,
    ActionCatalog catalog,
    ActionEngine engine,
    Drain drain,
    IOptions<ServerOptions> options) : V1.ActionConfigService.ActionConfigServiceBase
{
    public override async Task<CreateActionConfigResponse> CreateActionConfig(
        CreateActionConfigRequest request, ServerCallContext context)
    {
        var config = Required(request.ActionConfig, "action_config").Clone();
        OutputOnly.Clear(config);
        CheckSize(config);
        compiler.Compile(config, "action_config");
        if (request.ValidateOnly)
        {
            await CheckNameAsync(config, context.CancellationToken).ConfigureAwait(false);
            return new CreateActionConfigResponse { ActionConfig = config };
        }

        return new CreateActionConfigResponse
        {
            ActionConfig = await store.CreateAsync(Caller.Workspace, config, context.CancellationToken).ConfigureAwait(false),
        };
    }

    public override async Task<GetActionConfigResponse> GetActionConfig(
        GetActionConfigRequest request, ServerCallContext context) =>
        new() { ActionConfig = await GetAsync(Required(request.Id, "id"), context.CancellationToken).ConfigureAwait(false) };

    public override async Task<ListActionConfigsResponse> ListActionConfigs(
        ListActionConfigsRequest request, ServerCallContext context)
    {
        var page = new Page(request, options.Value);
        // One more than fits tells whether there is another page.
        var actions = await store.ListAsync(Caller.Workspace, page.Query, context.CancellationToken).ConfigureAwait(false);
        return page.ToResponse(actions);
    }

    public override async Task<UpdateActionConfigResponse> UpdateActionConfig(
        UpdateActionConfigRequest request, ServerCallContext context)
    {
        var change = Required(request.ActionConfig, "action_config");
        Required(change.Id, "action_config.id");
        while (true)
        {
            var stored = await GetAsync(change.Id, context.CancellationToken).ConfigureAwait(false);
            if (change.Etag.Length > 0 && change.Etag != stored.Etag)
                throw new EtagMismatchException(stored.Id, stored.Etag);

            var updated = stored.Clone();
            ConfigMask.Apply(request.UpdateMask, change, updated);
            CheckSize(updated);
            compiler.Compile(updated, "action_config");
            if (request.ValidateOnly)
            {
                await CheckNameAsync(updated, context.CancellationToken).ConfigureAwait(false);
                return new UpdateActionConfigResponse { ActionConfig = updated };
            }

            try
            {
                updated = await store.ReplaceAsync(Caller.Workspace, updated, stored.Etag, context.CancellationToken)
                    .ConfigureAwait(false);
            }
            catch (EtagMismatchException) when (change.Etag.Length == 0)
            {
                // Without an etag the caller means whatever is there: again, on what somebody else just wrote.
                continue;
            }
            finally
            {
                catalog.Invalidate(Caller.Workspace, change.Id);
            }

            return new UpdateActionConfigResponse { ActionConfig = updated };
        }
    }

    public override async Task<DeleteActionConfigResponse> DeleteActionConfig(
        DeleteActionConfigRequest request, ServerCallContext context)
    {
        Required(request.Id, "id");
        try
        {
            await store.DeleteAsync(
                Caller.Workspace, request.Id, request.Etag.Length > 0 ? request.Etag : null, context.CancellationToken)
                .ConfigureAwait(false);
        }
        finally
        {
            // Also where the write failed: it may have reached the disk.
            catalog.Invalidate(Caller.Workspace, request.Id);
        }

        return new DeleteActionConfigResponse();
    }

    public override async Task<InitializeResponse> Initialize(InitializeRequest request, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Aborted);
        var input = new ExecutionInput(request.Variables, IdempotencyKey: "", BodyView.Unspecified);
        if (request.TargetCase == InitializeRequest.TargetOneofCase.Draft)
            return await engine.InitializeAsync(compiler.Compile(request.Draft, "draft"), input, stop.Token).ConfigureAwait(false);

        Required(request.Id, "id");
        var plan = await catalog.GetAsync(Caller.Workspace, request.Id, stop.Token).ConfigureAwait(false);
        var response = await engine.InitializeAsync(plan, input, stop.Token).ConfigureAwait(false);
        if (response.Sample is not null)
            await KeepSampleAsync(request.Id, response.Sample, stop.Token).ConfigureAwait(false);
        return response;
    }

    private async Task KeepSampleAsync(string id, Sample sample, CancellationToken cancellationToken)
    {
        // Until it is written on what is there, or the action is gone, which the API's answer needn't suffer from.
        while (await store.GetAsync(Caller.Workspace, id, cancellationToken).ConfigureAwait(false) is { } stored)
        {
            var etag = stored.Etag;
            stored.Sample = sample;
            try
            {
                await store.ReplaceAsync(Caller.Workspace, stored, etag, cancellationToken).ConfigureAwait(false);
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
            finally
            {
                catalog.Invalidate(Caller.Workspace, id);
            }
        }
    }

    private async Task<ActionConfig> GetAsync(string id, CancellationToken cancellationToken) =>
        await store.GetAsync(Caller.Workspace, id, cancellationToken).ConfigureAwait(false)
            ?? throw new ActionNotFoundException(id);

    private void CheckSize(ActionConfig config)
    {
        var bytes = config.CalculateSize() - (config.Sample?.CalculateSize() ?? 0);
        if (bytes > options.Value.MaxActionBytes)
            throw new InvalidFieldsException(
                "action_config", $"has {bytes} bytes; at most {options.Value.MaxActionBytes} are allowed.");
    }

    private async Task CheckNameAsync(ActionConfig config, CancellationToken cancellationToken)
    {
        if (await store.FindByNameAsync(Caller.Workspace, config.Name, cancellationToken).ConfigureAwait(false) is { } other
            && other.Id != config.Id)
            throw new NameTakenException(config.Name);
    }

    private static T Required<T>(T? message, string field)
        where T : class =>
        message is null or "" ? throw new InvalidFieldsException(field, "is required.") : message;
}
