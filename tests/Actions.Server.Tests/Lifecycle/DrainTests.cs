using System.Net;
using Actions.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Actions.Server.Tests.Lifecycle;

public sealed class DrainTests : IDisposable
{
    // Far above what any of these takes: only a server that hangs meets it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(50);

    private readonly CancellationTokenSource _patience =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    public DrainTests() => _patience.CancelAfter(Patience);

    private CancellationToken Token => _patience.Token;

    public void Dispose() => _patience.Dispose();

    [Fact]
    public async Task SigtermWhileNothingRuns_ExitsAtOnceAndEndsOpenStreams()
    {
        await using var server = await StartAsync(grace: "00:05:00");
        using var watch = new Health.HealthClient(server.Channel).Watch(new(), cancellationToken: Token);
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Status.ShouldBe(Serving);
        // Left open. Its end can't be seen here: HttpClient may lose it when the connection closes right after it while
        // the request's side is open.
        using var reflection = new Grpc.Reflection.V1.ServerReflection.ServerReflectionClient(server.Channel)
            .ServerReflectionInfo(cancellationToken: Token);
        await reflection.RequestStream.WriteAsync(new() { ListServices = "" }, Token);
        (await reflection.ResponseStream.MoveNext(Token)).ShouldBeTrue();

        server.Terminate();

        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Status.ShouldBe(NotServing);
        // The package says so once more before it ends the stream.
        while (await watch.ResponseStream.MoveNext(Token))
            watch.ResponseStream.Current.Status.ShouldBe(NotServing);
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);
    }

    [Fact]
    public async Task SigtermDuringAnExecution_RefusesNewCallsAndLetsItFinish()
    {
        using var upstream = new HeldUpstream();
        await using var server = await StartAsync(grace: "00:05:00");
        using var execution = await ExecuteAsync(server.Channel, upstream);
        using var watch = new Health.HealthClient(server.Channel).Watch(new(), cancellationToken: Token);
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();

        server.Terminate();

        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Status.ShouldBe(NotServing);
        (await CheckAsync(server, "actions.v1.ActionService")).ShouldBe(NotServing);
        (await server.GetAsync("readyz", Token)).ShouldBe((HttpStatusCode.ServiceUnavailable, "draining"));
        (await server.GetAsync("healthz", Token)).ShouldBe((HttpStatusCode.OK, "ok"));
        using var newcomer = server.Connect();
        ShouldBeDraining(await Should.ThrowAsync<RpcException>(
            new V1.ActionConfigService.ActionConfigServiceClient(newcomer)
                .ListActionConfigsAsync(new(), cancellationToken: Token).ResponseAsync));

        await upstream.AnswerAsync(Token);

        (await execution.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        execution.ResponseStream.Current.Event.EventCase.ShouldBe(ExecutionEvent.EventOneofCase.Result);
        (await execution.ResponseStream.MoveNext(Token)).ShouldBeFalse();
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);
    }

    [Fact]
    public async Task SigtermWhileOneWaitsInLine_BothFinish()
    {
        using var answer = new SemaphoreSlim(0);
        await using var upstream = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await answer.WaitAsync(Token);
                await connection.SendAsync(RawUpstream.Response("{}"));
            }
        });
        await using var server = await StartAsync(grace: "00:05:00", ("Engine:MaxCallsPerHost", "1"));
        var created = await new V1.ActionConfigService.ActionConfigServiceClient(server.Channel)
            .CreateActionConfigAsync(new() { ActionConfig = AnAction.Calling(upstream.Url) }, cancellationToken: Token);
        var actions = new V1.ActionService.ActionServiceClient(server.Channel);
        using var held = actions.Execute(new() { Id = created.ActionConfig.Id }, cancellationToken: Token);
        (await held.NextAsync()).Start.ShouldNotBeNull();
        await upstream.NextRequestAsync(Token);
        using var waiting = actions.Execute(new() { Id = created.ActionConfig.Id }, cancellationToken: Token);
        (await waiting.NextAsync()).Start.ShouldNotBeNull();
        using var watch = new Health.HealthClient(server.Channel).Watch(new(), cancellationToken: Token);
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();

        server.Terminate();
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        watch.ResponseStream.Current.Status.ShouldBe(NotServing);

        upstream.Requests.Count.ShouldBe(1);
        answer.Release(2);
        (await held.NextAsync()).Result.ShouldNotBeNull();
        (await waiting.NextAsync()).Result.ShouldNotBeNull();
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);
    }

    [Fact]
    public async Task GracePeriodOver_CutsOffWhatStillRuns()
    {
        using var upstream = new HeldUpstream();
        await using var server = await StartAsync(grace: "00:00:00.5");
        using var execution = await ExecuteAsync(server.Channel, upstream);

        server.Terminate();

        ShouldBeDraining(await Should.ThrowAsync<RpcException>(execution.ResponseStream.MoveNext(Token)));
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);
    }

    [Fact]
    public async Task SecondSigterm_EndsTheGrace()
    {
        using var upstream = new HeldUpstream();
        await using var server = await StartAsync(grace: "00:05:00");
        using var execution = await ExecuteAsync(server.Channel, upstream);
        using var watch = new Health.HealthClient(server.Channel).Watch(new(), cancellationToken: Token);
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();

        server.Terminate();
        // The first has arrived: two that are pending at once would be one.
        (await watch.ResponseStream.MoveNext(Token)).ShouldBeTrue();
        server.Terminate();

        ShouldBeDraining(await Should.ThrowAsync<RpcException>(execution.ResponseStream.MoveNext(Token)));
        (await server.WaitForExitAsync(Token)).ShouldBe(0, server.Output);
    }

    [Fact]
    public async Task HostThatIsStoppedWithoutASignal_CutsOffWhatRuns()
    {
        using var upstream = new HeldUpstream();
        await using var server = await RunningServer.StartAsync(settings: new() { ["Drain:GracePeriod"] = "00:05:00" });
        using var execution = await ExecuteAsync(server.Channel, upstream);

        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        ShouldBeDraining(await Should.ThrowAsync<RpcException>(execution.ResponseStream.MoveNext(Token)));
    }

    private Task<ServerProcess> StartAsync(string grace, params (string Key, string Value)[] settings)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signals.");
        // A stop time-out above our patience: a stream that held the exit up would be noticed.
        var all = settings.ToDictionary(setting => setting.Key, setting => setting.Value);
        (all["Drain:GracePeriod"], all["Drain:StopTimeout"]) = (grace, "00:01:00");
        return ServerProcess.StartAsync(all, Token);
    }

    // Started, and waiting for the upstream to answer.
    private async Task<AsyncServerStreamingCall<ExecuteResponse>> ExecuteAsync(
        GrpcChannel channel, HeldUpstream upstream)
    {
        var request = new V1.HttpRequest { Method = V1.HttpMethod.Get, Url = upstream.Url.AbsoluteUri };
        var created = await new V1.ActionConfigService.ActionConfigServiceClient(channel).CreateActionConfigAsync(
            new() { ActionConfig = new() { Name = "Held", Request = request } }, cancellationToken: Token);
        var execution = new V1.ActionService.ActionServiceClient(channel)
            .Execute(new() { Id = created.ActionConfig.Id }, cancellationToken: Token);
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
        refusal.GetRpcStatus()!.GetDetail<ErrorInfo>().Reason.ShouldBe("ERROR_REASON_DRAINING");
    }
}
