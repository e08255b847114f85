using Actions.Server.Tests.Lifecycle;
using Actions.V1;

namespace Actions.Server.Tests.Conversations;

/// <summary>A server that is told to stop while an execution goes on without a listener.</summary>
public sealed class DetachedDrainTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(_folder.FullName, "actions.db");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task DetachedExecution_IsWaitedFor()
    {
        await using var api = new HeldApi();
        await using var server = await StartAsync("00:05:00");
        var id = await DetachAsync(server, api);

        server.Terminate();
        await Eventually.TrueAsync(() => Task.FromResult(server.Output.Contains("Running calls: 1")));
        api.Answer();
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);

        (await RestAsync(id)).Result.Variables["order"].NumberValue.ShouldBe(1);
    }

    [Fact]
    public async Task DetachedExecutionBeyondTheGrace_IsAbortedAndSaysSo()
    {
        await using var api = new HeldApi();
        await using var server = await StartAsync("00:00:00.5");
        var id = await DetachAsync(server, api);

        server.Terminate();
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);

        var failure = (await RestAsync(id)).Failure;
        (failure.Reason, failure.OutcomeUnknown).ShouldBe((FailureReason.Aborted, true));
    }

    private Task<ServerProcess> StartAsync(string grace)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        return ServerProcess.StartAsync(
            new() { ["Storage:Sqlite:Path"] = Database, ["Drain:GracePeriod"] = grace }, Token);
    }

    private static async Task<string> DetachAsync(ServerProcess server, HeldApi api)
    {
        var config = Calling.Ordering(api.Url);
        config.Request.Timeout = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromMinutes(1));
        var action = await new V1.ActionConfigService.ActionConfigServiceClient(server.Channel)
            .CreateActionConfigAsync(new() { ActionConfig = config }, cancellationToken: Token);
        var stream = new V1.ActionService.ActionServiceClient(server.Channel)
            .Execute(action.ActionConfig.Of(Calling.NewCall()), cancellationToken: Token);
        (await stream.NextAsync()).Start.ShouldNotBeNull();
        var id = stream.ResponseStream.Current.ExecutionId;
        await api.CalledAsync();
        stream.Dispose();
        await Eventually.TrueAsync(() => Task.FromResult(server.Output.Contains("goes on although")));
        return id;
    }

    /// <summary>From the next server.</summary>
    private async Task<ExecutionEvent> RestAsync(string id)
    {
        await using var server = await RunningServer.StartAsync(new() { ["Storage:Sqlite:Path"] = Database });
        return (await server.Attach(id, after: 1).ReadToEndAsync()).ShouldHaveSingleItem();
    }
}
