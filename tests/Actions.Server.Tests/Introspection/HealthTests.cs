using Actions.Server.Lifecycle;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;
using HealthStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Actions.Server.Tests.Introspection;

[Collection(nameof(AloneOnTheMachine))]
public sealed class HealthTests
{
    private static readonly string[] Services =
    [
        "",
        "actions.v1.ActionConfigService",
        "actions.v1.ActionService",
        "actions.v1.ApiKeyService",
        "actions.v1.ExecutionService",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task CheckOfEachService_IsServing()
    {
        await using var server = await RunningServer.StartAsync();
        var health = new Health.HealthClient(server.Channel);

        foreach (var service in Services)
        {
            var response = await health.CheckAsync(new() { Service = service }, cancellationToken: Token);
            response.Status.ShouldBe(Serving, service);
        }
    }

    [Fact]
    public async Task CheckOfAnUnknownService_IsNotFound()
    {
        await using var server = await RunningServer.StartAsync();

        var failure = await Should.ThrowAsync<RpcException>(new Health.HealthClient(server.Channel)
            .CheckAsync(new() { Service = "actions.v1.Nothing" }, cancellationToken: Token).ResponseAsync);

        failure.StatusCode.ShouldBe(StatusCode.NotFound);
    }

    [Fact]
    public async Task Watch_SendsEachChangeOnceAndEndsWithTheServer()
    {
        await using var server = await RunningServer.StartAsync();
        var status = server.Services.GetRequiredService<ServingStatus>();
        using var watch = new Health.HealthClient(server.Channel)
            .Watch(new() { Service = "actions.v1.ActionService" }, cancellationToken: Token);
        (await NextAsync(watch)).ShouldBe(Serving);

        status.MoveTo(ServingState.StoreUnavailable).ShouldBeTrue();
        (await NextAsync(watch)).ShouldBe(NotServing);
        status.MoveTo(ServingState.Ready).ShouldBeTrue();
        (await NextAsync(watch)).ShouldBe(Serving);
        status.MoveTo(ServingState.Ready).ShouldBeFalse();
        status.MoveTo(ServingState.StoreUnavailable).ShouldBeTrue();
        (await NextAsync(watch)).ShouldBe(NotServing);
        // Another state of the server, the same to a watcher.
        status.MoveTo(ServingState.Draining).ShouldBeTrue();

        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        // The package sends it once more before it ends the stream.
        (await NextAsync(watch)).ShouldBe(NotServing);
        (await NextAsync(watch)).ShouldBeNull();
    }

    [Fact]
    public async Task DrainThatBegins_IsSeenByAnOpenWatchWithin100Milliseconds()
    {
        await using var server = await RunningServer.StartAsync();
        using var watch = new Health.HealthClient(server.Channel).Watch(new(), cancellationToken: Token);
        (await NextAsync(watch)).ShouldBe(Serving);

        var began = TimeProvider.System.GetTimestamp();
        await server.Services.GetRequiredService<Drain>().RunAsync();

        (await NextAsync(watch)).ShouldBe(NotServing);
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task WatchOfAnUnknownService_SaysSoAndStaysOpen()
    {
        await using var server = await RunningServer.StartAsync();
        using var watch = new Health.HealthClient(server.Channel)
            .Watch(new() { Service = "actions.v1.Nothing" }, cancellationToken: Token);
        (await NextAsync(watch)).ShouldBe(ServiceUnknown);

        server.Services.GetRequiredService<ServingStatus>().MoveTo(ServingState.StoreUnavailable);
        server.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        (await NextAsync(watch)).ShouldBe(NotServing);
        (await NextAsync(watch)).ShouldBeNull();
    }

    // Null: the stream has ended, with OK.
    private static async Task<HealthStatus?> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        var more = await watch.ResponseStream.MoveNext(Token).WaitAsync(TimeSpan.FromSeconds(30), Token);
        return more ? watch.ResponseStream.Current.Status : null;
    }
}
