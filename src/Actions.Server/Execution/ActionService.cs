using Actions.Engine;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Server.Access;
using Actions.Server.Calls;
using Actions.Server.Catalog;
using Actions.Server.Configuration;
using Actions.Server.Conversations;
using Actions.Server.Errors;
using Actions.Server.Execution.Reports;
using Actions.Server.History;
using Actions.Server.Lifecycle;
using Actions.Server.Preparation;
using Actions.Server.Telemetry;
using Actions.Storage;
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
    CallExecutions calls,
    Attachments attachments,
    CallBook book,
    Preparer preparer,
    ExecutionReport report,
    ExecutionRecorder recorder,
    TimeProvider time,
    IOptions<ServerOptions> options) : V1.ActionService.ActionServiceBase
{
    // Providers of language models use 64 at most.
    private const int MaxToolCallIdLength = 256;

    public override Task Execute(
        ExecuteRequest request, IServerStreamWriter<ExecuteResponse> responseStream, ServerCallContext context) =>
        guard.RunAsync(
            context,
            (Service: this, request, responseStream, context),
            static call => call.Service.ExecuteAsync(call.request, call.responseStream, call.context));

    public override Task Attach(
        AttachRequest request, IServerStreamWriter<AttachResponse> responseStream, ServerCallContext context) =>
        guard.RunAsync(
            context,
            (Service: this, request, responseStream, context),
            static call => call.Service.AttachAsync(call.request, call.responseStream, call.context));

    public override async Task<PrepareResponse> Prepare(PrepareRequest request, ServerCallContext context)
    {
        PrepareResponse? response = null;
        await guard.RunAsync(
            context,
            context.CancellationToken,
            async token =>
            {
                CheckLengths(request.CallId, "");
                response = await preparer.PrepareAsync(ClientIdentity.Of(context).Workspace, request, token)
                    .ConfigureAwait(false);
            }).ConfigureAwait(false);
        return response!;
    }

    public override async Task<GetCallResponse> GetCall(GetCallRequest request, ServerCallContext context)
    {
        GetCallResponse? response = null;
        await guard.RunAsync(
            context,
            context.CancellationToken,
            async token => response = await book.GetAsync(KeyOf(request.CallId, context), token).ConfigureAwait(false))
            .ConfigureAwait(false);
        return response!;
    }

    public override async Task<EndCallResponse> EndCall(EndCallRequest request, ServerCallContext context)
    {
        await guard.RunAsync(
            context,
            context.CancellationToken,
            token => book.EndAsync(KeyOf(request.CallId, context), token)).ConfigureAwait(false);
        return new EndCallResponse();
    }

    private async Task ExecuteAsync(
        ExecuteRequest request, IServerStreamWriter<ExecuteResponse> responseStream, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Aborted);
        CheckLengths(request.CallId, request.ToolCallId);
        var workspace = ClientIdentity.Of(context).Workspace;
        var plan = await FindAsync(workspace, request, stop.Token).ConfigureAwait(false);
        if (plan.Disabled)
            throw new ActionDisabledException(plan.Id);

        // With a call_id, what stands in for the API or sends nothing is remembered by nobody.
        var isReal = !request.DryRun && request.Simulate is null;
        var executionId = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        var inCall = request.CallId.Length > 0 && isReal;
        var trail = inCall ? null : recorder.Begin(workspace, executionId, plan, request);
        var input = new ExecutionInput(
            workspace, request.Variables, request.IdempotencyKey, request.BodyView, request.DryRun,
                ClientTrace.Of(context))
        {
            Journal = trail?.Journal,
            Simulation = request.Simulate,
        };
        if (inCall)
        {
            await ExecuteInCallAsync(plan, input, request, executionId, responseStream, stop.Token)
                .ConfigureAwait(false);
            return;
        }

        Warning? warning = null;
        if (request.CallId.Length > 0)
            (input, warning) = await calls.RecallAsync(plan, input, request.CallId, stop.Token).ConfigureAwait(false);
        ExecutionEvent? last = null;
        var began = time.GetTimestamp();
        report.Began();
        try
        {
            await foreach (var next in engine.ExecuteAsync(plan, input, stop.Token).ConfigureAwait(false))
            {
                last = next;
                if (warning is not null)
                    next.Result?.Warnings.Add(warning);
                trail?.Add(next);
                report.Emitted(executionId, plan, next);
                await responseStream.WriteAsync(new ExecuteResponse { ExecutionId = executionId, Event = next }, stop.Token)
                    .ConfigureAwait(false);
                report.Written(next, began);
            }
        }
        finally
        {
            report.Ended(executionId, plan, request, last, began);
            if (trail is not null)
                recorder.End(trail);
        }
    }

    private Task ExecuteInCallAsync(
        ActionPlan plan, ExecutionInput input, ExecuteRequest request, string executionId,
        IServerStreamWriter<ExecuteResponse> responseStream, CancellationToken cancellationToken) =>
        calls.ExecuteAsync(
            plan, input, request, executionId,
            (id, next) => responseStream.WriteAsync(
                new ExecuteResponse { ExecutionId = id, Event = next }, cancellationToken),
            cancellationToken);

    private async Task AttachAsync(
        AttachRequest request, IServerStreamWriter<AttachResponse> responseStream, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.Aborted);
        if (request.ExecutionId.Length == 0)
            throw new InvalidFieldsException("execution_id", "is required: which execution to follow.");
        if (request.AfterSequence < 0)
            throw new InvalidFieldsException("after_sequence", "must not be negative.");
        await attachments.AttachAsync(
            ClientIdentity.Of(context).Workspace, request.ExecutionId, request.AfterSequence,
            (id, next) => responseStream.WriteAsync(new AttachResponse { ExecutionId = id, Event = next }, stop.Token),
            stop.Token).ConfigureAwait(false);
    }

    private CallKey KeyOf(string callId, ServerCallContext context)
    {
        if (callId.Length == 0)
            throw new InvalidFieldsException("call_id", "is required: which call.");
        CheckLengths(callId, "");
        return new CallKey(ClientIdentity.Of(context).Workspace, callId);
    }

    private void CheckLengths(string callId, string toolCallId)
    {
        if (callId.Length > options.Value.MaxCallIdLength)
            throw new InvalidFieldsException(
                "call_id", $"has {callId.Length} characters; at most {options.Value.MaxCallIdLength} are allowed.");
        if (toolCallId.Length > MaxToolCallIdLength)
            throw new InvalidFieldsException(
                "tool_call_id", $"has {toolCallId.Length} characters; at most {MaxToolCallIdLength} are allowed.");
    }

    private async ValueTask<ActionPlan> FindAsync(
        string workspace, ExecuteRequest request, CancellationToken cancellationToken) => request switch
    {
        { HasId: true, Id.Length: > 0 } => await catalog.GetAsync(workspace, request.Id, cancellationToken).ConfigureAwait(false),
        { HasName: true, Name.Length: > 0 } =>
            await catalog.FindByNameAsync(workspace, request.Name, cancellationToken).ConfigureAwait(false),
        _ => throw new InvalidFieldsException("id", "or name is required: which action to execute."),
    };
}
