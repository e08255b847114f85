using Actions.Server.Tests.Access;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1Alpha;
using ReflectionV1 = Grpc.Reflection.V1;
using static Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Actions.Server.Tests.Strangers;

/// <summary>Health and reflection, which anybody may call.</summary>
public sealed class OpenCallTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WatchBeyondTheLimit_IsRefusedUntilOneEnds()
    {
        await using var server = await KeyedServer.StartAsync(new() { ["Strangers:StreamsPerAddress"] = "3" });
        var health = new Health.HealthClient(server.Running.Channel);
        var open = new List<AsyncServerStreamingCall<HealthCheckResponse>>();
        for (var i = 0; i < 3; i++)
        {
            open.Add(health.Watch(new(), cancellationToken: Token));
            (await open[^1].ResponseStream.MoveNext(Token)).ShouldBeTrue();
        }

        var refusal = await Refusal.OfAsync(health.Watch(new(), cancellationToken: Token));

        refusal.ShouldBe(
            StatusCode.ResourceExhausted, "ERROR_REASON_LIMIT_REACHED", ("limit",
                "3 streams of health and reflection"));
        (await health.CheckAsync(new(), cancellationToken: Token)).Status.ShouldBe(Serving);
        await server.As(server.AdminKey).Configs.ListActionConfigsAsync(new(), cancellationToken: Token);

        open[0].Dispose();
        await Eventually.TrueAsync(async () =>
        {
            using var next = health.Watch(new(), cancellationToken: Token);
            try
            {
                return await next.ResponseStream.MoveNext(Token);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
            {
                return false;
            }
        });
        open.ForEach(watch => watch.Dispose());
    }

    [Fact]
    public async Task ManyWatches_LockOutNobodyWithAKey()
    {
        await using var server = await KeyedServer.StartAsync();
        var health = new Health.HealthClient(server.Running.Channel);
        var watches = Enumerable.Range(0, 515).Select(_ => health.Watch(new(), cancellationToken: Token)).ToList();
        var served = 0;
        foreach (var watch in watches)
        {
            try
            {
                served += await watch.ResponseStream.MoveNext(Token) ? 1 : 0;
            }
            catch (RpcException e)
            {
                e.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
            }
        }

        served.ShouldBe(100);
        await server.As(server.AdminKey).Configs.ListActionConfigsAsync(new(), cancellationToken: Token);
        (await health.CheckAsync(new(), cancellationToken: Token)).Status.ShouldBe(Serving);
        server.Running.Log.Count(line => line.Contains("streams of health and reflection")).ShouldBe(1);
        watches.ForEach(watch => watch.Dispose());
    }

    [Fact]
    public async Task ChecksThatNeverEnd_DoNotKeepOthersFromBeingAnswered()
    {
        await using var server = await RunningServer.StartAsync(new() { ["Strangers:StreamsPerAddress"] = "3" });
        var health = new Health.HealthClient(server.Channel);
        var call = new Method<byte[], byte[]>(
            MethodType.ClientStreaming, "grpc.health.v1.Health", "Check", Marshallers.Create(x => x, x => x),
                Marshallers.Create(x => x, x => x));
        var unfinished = Enumerable.Range(0, 10)
            .Select(_ => server.Channel.CreateCallInvoker().AsyncClientStreamingCall(call, null,
                new CallOptions(cancellationToken: Token)))
            .ToList();
        // The oldest ones make room for the others.
        await Eventually.TrueAsync(() => Task.FromResult(unfinished.Count(check =>
            check.ResponseAsync.IsFaulted) == 7));

        (await health.CheckAsync(new(), cancellationToken: Token)).Status.ShouldBe(Serving);
        unfinished.ForEach(check => check.Dispose());
    }

    [Fact]
    public async Task LargeMessageWithoutCredentials_IsRefused()
    {
        await using var server = await RunningServer.StartAsync();
        var (health, name) = (new Health.HealthClient(server.Channel), new string('x', 4_096));
        using var reflection = new ServerReflection.ServerReflectionClient(server.Channel)
            .ServerReflectionInfo(cancellationToken: Token);
        using var reflectionV1 = new ReflectionV1.ServerReflection.ServerReflectionClient(server.Channel)
            .ServerReflectionInfo(cancellationToken: Token);

        await ShouldBeTooLargeAsync(health.CheckAsync(new() { Service = name },
            cancellationToken: Token).ResponseAsync);
        await ShouldBeTooLargeAsync(health.Watch(new() { Service = name },
            cancellationToken: Token).ResponseStream.MoveNext(Token));
        await reflection.RequestStream.WriteAsync(new() { FileByFilename = name }, Token);
        await ShouldBeTooLargeAsync(reflection.ResponseStream.MoveNext(Token));
        await reflectionV1.RequestStream.WriteAsync(new() { FileByFilename = name }, Token);
        await ShouldBeTooLargeAsync(reflectionV1.ResponseStream.MoveNext(Token));

        // Of a client that may store actions, they are taken.
        var large = AnAction.Any();
        large.Request.Method = V1.HttpMethod.Post;
        large.Request.TextBody = new() { Text = new string('x', 100_000), ContentType = "text/plain" };
        await server.CreateAsync(large);
    }

    [Theory]
    [InlineData("/grpc.health.v1.Health/Check")]
    [InlineData("/grpc.health.v1.Health/Watch")]
    [InlineData("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo")]
    [InlineData("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")]
    [InlineData("/actions.v1.ActionConfigService/ListActionConfigs")]
    [InlineData("/actions.v1.Nothing/Nothing")]
    public async Task MessageThatCanNotBeRead_IsNoErrorInTheLog(string method)
    {
        await using var server = await RunningServer.StartAsync();
        byte[][] bodies = [[0, 0, 0, 0, 3, 10, 127, 1], [2, 0, 0, 0, 0], [1, 0, 0, 0, 1, 0], [0, 0, 0, 0, 9, 1], [1,
            2], []];
        foreach (var body in bodies)
            await RawCall.TrailersAsync(server.GrpcAddress, method, body);

        server.Log.ShouldNotContain(line => line.StartsWith("Error") || line.StartsWith("Warning Grpc"));
    }

    private static async Task ShouldBeTooLargeAsync(Task call) =>
        (await Should.ThrowAsync<RpcException>(call)).StatusCode.ShouldBe(StatusCode.ResourceExhausted);
}
