using System.Net;
using Actions.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Actions.Server.Tests.Lifecycle;

public sealed class DrainTests : IDisposable
{
    // Far above what any of these takes: only a server that hangs meets it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _patience =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public DrainTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        _patience.CancelAfter(Patience);
    }

    private CancellationToken Token => _patience.Token;

    public void Dispose() => _patience.Dispose();

    [Fact]
    public async Task SigtermWhileNothingRuns_ExitsAtOnceAndEndsOpenStreams()
    {
        await using var server = await ServerProcess.StartAsync("00:05:00", Token);
        using var watch = new Health.HealthClient(server.Channel).Watch(new(), cancellationToken: Token);
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Status.ShouldBe(Serving);
        using var reflection = new Grpc.Reflection.V1.ServerReflection.ServerReflectionClient(server.Channel)
            .ServerReflectionInfo(cancellationToken: Token);
        await reflection.RequestStream.WriteAsync(new() { ListServices = "" }, Token);
        (await reflection.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        (await server.GetAsync("readyz", Token)).ShouldBe((HttpStatusCode.OK, "ready"));

        server.Terminate();

        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Status.ShouldBe(NotServing);
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        (await reflection.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);
    }

    [Fact]
    public async Task SigtermDuringAnExecution_RefusesNewCallsAndLetsItFinish()
    {
        using var upstream = new HeldUpstream();
        await using var server = await ServerProcess.StartAsync("00:05:00", Token);
        using var execution = await ExecuteAsync(server, upstream);
        using var watch = new Health.HealthClient(server.Channel).Watch(new(), cancellationToken: Token);
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();

        server.Terminate();

        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Status.ShouldBe(NotServing);
        (await CheckAsync(server, "actions.v1.ActionService")).ShouldBe(NotServing);
        (await server.GetAsync("readyz", Token)).ShouldBe((HttpStatusCode.ServiceUnavailable, "draining"));
        (await server.GetAsync("healthz", Token)).ShouldBe((HttpStatusCode.OK, "ok"));
        ShouldBeDraining(await Should.ThrowAsync<RpcException>(
            new V1.ActionConfigService.ActionConfigServiceClient(server.Channel)
                .ListActionConfigsAsync(new(), cancellationToken: Token).ResponseAsync));

        await upstream.AnswerAsync(Token);

        (await execution.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        execution.ResponseStream.Current.Event.EventCase.ShouldBe(ExecutionEvent.EventOneofCase.Result);
        (await execution.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);
    }

    [Fact]
    public async Task GracePeriodOver_CutsOffWhatStillRuns()
    {
        using var upstream = new HeldUpstream();
        await using var server = await ServerProcess.StartAsync("00:00:00.5", Token);
        using var execution = await ExecuteAsync(server, upstream);

        server.Terminate();

        ShouldBeDraining(await Should.ThrowAsync<RpcException>(execution.ResponseStream.MoveNext(Token)));
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);
    }

    [Fact]
    public async Task SecondSigterm_EndsTheGrace()
    {
        using var upstream = new HeldUpstream();
        await using var server = await ServerProcess.StartAsync("00:05:00", Token);
        using var execution = await ExecuteAsync(server, upstream);
        using var watch = new Health.HealthClient(server.Channel).Watch(new(), cancellationToken: Token);
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();

        server.Terminate();
        // The first has arrived: two that are pending at once would be one.
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        server.Terminate();

        ShouldBeDraining(await Should.ThrowAsync<RpcException>(execution.ResponseStream.MoveNext(Token)));
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);
    }

    // Started, and waiting for the upstream to answer.
    private async Task<AsyncServerStreamingCall<ExecuteResponse>> ExecuteAsync(
        ServerProcess server, HeldUpstream upstream)
    {
        var id = await server.CreateActionAsync(upstream.Url, Token);
        var execution = new V1.ActionService.ActionServiceClient(server.Channel)
            .Execute(new() { Id = id }, cancellationToken: Token);
        (await execution.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        execution.ResponseStream.Current.Event.EventCase.ShouldBe(ExecutionEvent.EventOneofCase.Start);
        await upstream.CalledAsync(Token);
        return execution;
    }

    private async Task<HealthCheckResponse.Types.ServingStatus> CheckAsync(ServerProcess server, string service)
    {
        var response = await new Health.HealthClient(server.Channel)
            .CheckAsync(new() { Service = service }, cancellationToken: Token);
        return response.Status;
    }

    private static void ShouldBeDraining(RpcException refusal)
    {
        refusal.StatusCode.ShouldBe(StatusCode.Unavailable);
        var details = Google.Rpc.Status.Parser.ParseFrom(refusal.Trailers.GetValueBytes("grpc-status-details-bin"));
        details.Details.ShouldHaveSingleItem().Unpack<ErrorInfo>().Reason.ShouldBe("ERROR_REASON_DRAINING");
    }
}
