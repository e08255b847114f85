using Actions.V1;

namespace Actions.Server.Tests;

public sealed class RunningServerTests
{
    [Fact]
    public async Task StartedServer_AnswersOverRealSockets()
    {
        await using var server = await RunningServer.StartAsync();

        var list = await server.Configs.ListActionConfigsAsync(
            new ListActionConfigsRequest(), cancellationToken: TestContext.Current.CancellationToken);

        list.ActionConfigs.ShouldBeEmpty();
    }
}
