using Actions.Server.Tests.Lifecycle;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Telemetry;

/// <summary>What a collector is told, by a server in a process of its own: meters are the whole process's.</summary>
public sealed class ActiveExecutionsTests : IDisposable
{
    private readonly CancellationTokenSource _patience =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public ActiveExecutionsTests() => _patience.CancelAfter(TimeSpan.FromSeconds(60));

    private CancellationToken Token => _patience.Token;

    public void Dispose() => _patience.Dispose();

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "/v1/metrics")]
    public async Task ExecutionThatHangs_IsCountedUntilItEnds(string variable, string path)
    {
        using var upstream = new HeldUpstream();
        await using var collector = await Collector.StartAsync("actions.executions.active");
        await using var server = await StartAsync(variable, collector.Url + path);
        await collector.ReceivedAsync(0, Token);

        using var execution = await ExecuteAsync(server, upstream);
        await collector.ReceivedAsync(1, Token);

        await upstream.AnswerAsync(Token);
        await foreach (var _ in execution.ResponseStream.ReadAllAsync(Token))
        {
        }

        await collector.ReceivedAsync(0, Token);
    }

    [Fact]
    public async Task ExecutionThatTheCallerGivesUp_IsNoLongerCounted()
    {
        using var upstream = new HeldUpstream();
        await using var collector = await Collector.StartAsync("actions.executions.active");
        await using var server = await StartAsync("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Url);
        using (await ExecuteAsync(server, upstream))
            await collector.ReceivedAsync(1, Token);

        await collector.ReceivedAsync(0, Token);
    }

    private Task<ServerProcess> StartAsync(string variable, string url) => ServerProcess.StartAsync(
        new()
        {
            [variable] = url,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "100",
        },
        Token);

    private async Task<AsyncServerStreamingCall<ExecuteResponse>> ExecuteAsync(ServerProcess server, HeldUpstream upstream)
    {
        var created = await new V1.ActionConfigService.ActionConfigServiceClient(server.Channel).CreateActionConfigAsync(
            new() { ActionConfig = AnAction.Calling(upstream.Url.AbsoluteUri) }, cancellationToken: Token);
        var execution = new V1.ActionService.ActionServiceClient(server.Channel)
            .Execute(new() { Id = created.ActionConfig.Id }, cancellationToken: Token);
        await upstream.CalledAsync(Token);
        return execution;
    }
}
