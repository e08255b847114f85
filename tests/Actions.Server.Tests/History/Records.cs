using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.History;

/// <summary>What a server has recorded, read through its front door.</summary>
/// <param name="clock">The server's, which goes on while it is waited for what has been recorded.</param>
internal sealed class Records(RunningServer server, FakeClock? clock = null)
{
    // Between two batches at least.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public V1.ExecutionService.ExecutionServiceClient Client { get; } = new(server.Channel);

    public static Dictionary<string, string> At(string level) => new() { ["History:Level"] = level };

    /// <summary>Returns the listed executions, the latest first, when they are so many.</summary>
    public async Task<IReadOnlyList<ExecutionRecord>> ListAsync(int count, ListExecutionsRequest? request = null)
    {
        IReadOnlyList<ExecutionRecord> listed = [];
        await Eventually.TrueAsync(async () =>
        {
            clock?.Advance(Pause);
            try
            {
                var response = await Client.ListExecutionsAsync(
                    request ?? new() { PageSize = 200 }, cancellationToken: TestContext.Current.CancellationToken);
                listed = response.Executions;
                return listed.Count == count;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                return false;
            }
        });
        return listed;
    }

    /// <summary>The whole record of the only execution.</summary>
    public async Task<ExecutionRecord> SingleAsync() => await GetAsync((await ListAsync(1))[0].ExecutionId);

    public async Task<ExecutionRecord> GetAsync(string executionId) =>
        (await Client.GetExecutionAsync(
            new() { ExecutionId = executionId }, cancellationToken: TestContext.Current.CancellationToken)).Execution;
}
