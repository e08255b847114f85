using Actions.Engine;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Server.Access;
using Actions.Server.Calls;
using Actions.Server.Catalog;
using Actions.Server.Configuration;
using Actions.Server.Errors;
using Actions.Server.History;
using Actions.Server.Lifecycle;
using Actions.Server.Logging;
using Actions.Server.Telemetry;
using Actions.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Actions.Server.Execution;

/// <summary>
/// The service that a voice engine calls during a conversation: executes an action and streams its events.
/// </summary>
internal sealed class ActionService(
    ActionCatalog catalog,
    ActionEngine engine,
    CallGuard guard,
    Drain drain,
    ResultDrift drift,
    ActiveExecutions active,
    ExecutionMetrics metrics,
    ExecutionRecorder recorder,
    TimeProvider time,
    IOptions<ServerOptions> options,
    ILogger<ActionService> log) : V1.ActionService.ActionServiceBase
{
    public override Task Execute(
        ExecuteRequest request, IServerStreamWriter<ExecuteResponse> responseStream, ServerCallContext context) =>
        guard.RunAsync(
            context,
            (Service: this, request, responseStream, context),
            static call => call.Service.ExecuteAsync(call.request, call.responseStream, call.context));

    private async Task ExecuteAsync(
        ExecuteRequest request, IServerStreamWriter<ExecuteResponse> responseStream, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Aborted);
        if (request.CallId.Length > options.Value.MaxCallIdLength)
            throw new InvalidFieldsException(
                "call_id", $"has {request.CallId.Length} characters; at most {options.Value.MaxCallIdLength} are allowed.");
        var workspace = ClientIdentity.Of(context).Workspace;
        var plan = await FindAsync(workspace, request, stop.Token).ConfigureAwait(false);
        if (plan.Disabled)
            throw new ActionDisabledException(plan.Id);

        var executionId = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        var trail = recorder.Begin(workspace, executionId, plan, request);
        var input = new ExecutionInput(
            workspace, request.Variables, request.IdempotencyKey, request.BodyView, request.DryRun,
                ClientTrace.Of(context))
        {
            Journal = trail?.Journal,
        };
        ExecutionEvent? last = null;
        var began = time.GetTimestamp();
        active.Enter();
        try
        {
            await foreach (var next in engine.ExecuteAsync(plan, input, stop.Token).ConfigureAwait(false))
            {
                last = next;
                trail?.Add(next);
                if (next.Retry is { } retry)
                    log.ExecutionRetried(executionId, plan.Id, retry.Attempt, retry.Reason, retry.Detail);
                await responseStream.WriteAsync(new ExecuteResponse { ExecutionId = executionId, Event = next }, stop.Token)
                    .ConfigureAwait(false);
                metrics.EventWritten(next, began);
            }
        }
        finally
        {
            active.Leave();
            if (last is not null)
            {
                metrics.Ended(plan.Name, last, request.DryRun, began);
                LogEnd(executionId, plan, request, last);
            }

            if (trail is not null)
                recorder.End(trail);
        }
    }

    private async ValueTask<ActionPlan> FindAsync(
        string workspace, ExecuteRequest request, CancellationToken cancellationToken) => request switch
    {
        { HasId: true, Id.Length: > 0 } => await catalog.GetAsync(workspace, request.Id, cancellationToken).ConfigureAwait(false),
        { HasName: true, Name.Length: > 0 } =>
            await catalog.FindByNameAsync(workspace, request.Name, cancellationToken).ConfigureAwait(false),
        _ => throw new InvalidFieldsException("id", "or name is required: which action to execute."),
    };

    private void LogEnd(string executionId, ActionPlan plan, ExecuteRequest request, ExecutionEvent last)
    {
        var elapsed = last.Elapsed.ToTimeSpan();
        switch (last)
        {
            case { Result: { } result }:
                var outcome = request.DryRun ? "dry run" : $"status {result.StatusCode}";
                log.Executed(executionId, plan.Id, request.CallId, outcome, elapsed, result.Attempts);
                drift.Report(plan.Id, result.Warnings);
                break;
            case { Failure: { } failure }:
                log.ExecutionFailed(
                    executionId, plan.Id, request.CallId, failure.Reason, elapsed, failure.Attempts, failure.Detail);
                break;
            default:
                log.ExecutionAbandoned(executionId, plan.Id, request.CallId);
                break;
        }
    }
}
