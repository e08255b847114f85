using Actions.Engine.Limits;
using Actions.Server.Access;
using Actions.Server.Configuration;
using Actions.Server.Errors;
using Actions.Storage;
using Actions.V1;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Actions.Server.History;

/// <summary>Tells an editor what was executed in a workspace, and what happened.</summary>
internal sealed class ExecutionService(
    HistoryAccess history,
    IOptions<HistoryOptions> options,
    IOptions<ServerOptions> server,
    TimeProvider time) : V1.ExecutionService.ExecutionServiceBase, IDisposable
{
    // Statistics read up to a million entries of an index: one after the other, so that nobody takes all processors.
    private readonly SemaphoreSlim _counting = new(1);

    public override async Task<ListExecutionsResponse> ListExecutions(
        ListExecutionsRequest request, ServerCallContext context)
    {
        RequireHistory();
        var page = new HistoryPage(request, server.Value);
        return page.ToResponse(await ReadAsync(
            context, (store, workspace, token) => store.ListAsync(workspace, page.Query, token)).ConfigureAwait(false));
    }

    public override async Task<GetExecutionResponse> GetExecution(
        GetExecutionRequest request, ServerCallContext context)
    {
        RequireHistory();
        if (request.ExecutionId.Length == 0)
            throw new InvalidFieldsException("execution_id", "is required.");
        var found = await ReadAsync(
            context, (store, workspace, token) => store.GetAsync(workspace, request.ExecutionId, token))
            .ConfigureAwait(false) ?? throw new ExecutionNotFoundException(request.ExecutionId);
        // Where the API's hosts are in the operator's network is no author's business.
        if (ClientIdentity.Of(context).Role != Role.Admin)
        {
            foreach (var attempt in found.Attempts)
                attempt.RemoteAddress = "";
        }

        return new GetExecutionResponse { Execution = found };
    }

    public override async Task<GetStatisticsResponse> GetStatistics(
        GetStatisticsRequest request, ServerCallContext context)
    {
        RequireHistory();
        var span = HistoryFields.SpanOf(request, time.GetUtcNow());
        await _counting.WaitAsync(context.CancellationToken).ConfigureAwait(false);
        try
        {
            var counts = await ReadAsync(
                context, (store, workspace, token) => store.CountAsync(workspace, span, token)).ConfigureAwait(false);
            return Statistics.Of(counts, span, server.Value.MaxPageBytes);
        }
        finally
        {
            _counting.Release();
        }
    }

    public void Dispose() => _counting.Dispose();

    private void RequireHistory()
    {
        if (options.Value.Level == HistoryOptions.Off)
            throw new HistoryOffException();
    }

    private async Task<T> ReadAsync<T>(
        ServerCallContext context, Func<IHistoryStore, string, CancellationToken, Task<T>> read)
    {
        var workspace = ClientIdentity.Of(context).Workspace;
        try
        {
            return await history.UseAsync(
                (store, token) => read(store, workspace, token), HistoryAccess.LongTimeout, context.CancellationToken)
                .ConfigureAwait(false);
        }
        catch (StoreUnavailableException e)
        {
            throw new HistoryUnavailableException(e.InnerException ?? e);
        }
    }
}
