using Actions.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Actions.Server.Tests.Execution;

/// <summary>
/// Whatever ends the interest in an execution ends its HTTP call: the API's socket closes. Each end is tried while the
/// API says nothing and in the middle of its answer.
/// </summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class AbortTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    // Asked for are 100 ms; the rest is for a machine that is busy with something else.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CancelledStream_ClosesTheSocketOfTheApi(bool midAnswer)
    {
        await using var upstream = new Held(midAnswer);
        var action = await _server.CreateAsync(AnAction.Calling(upstream.Url));
        var taken = new List<TimeSpan>();
        for (var i = 0; i < 20; i++)
        {
            using var cancel = new CancellationTokenSource();
            using var call = _server.Actions.Execute(new() { Id = action.Id }, cancellationToken: cancel.Token);
            await call.NextAsync();
            await upstream.CalledAsync();

            taken.Add(await upstream.ClosedAfterAsync(cancel.Cancel));

            (await Should.ThrowAsync<RpcException>(call.ReadToEndAsync())).StatusCode.ShouldBe(StatusCode.Cancelled);
        }

        Report(taken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CallThatIsDisposed_ClosesTheSocketOfTheApi(bool midAnswer)
    {
        await using var upstream = new Held(midAnswer);
        var action = await _server.CreateAsync(AnAction.Calling(upstream.Url));
        var taken = new List<TimeSpan>();
        for (var i = 0; i < 3; i++)
        {
            var call = _server.Actions.Execute(new() { Id = action.Id }, cancellationToken: Token);
            await call.NextAsync();
            await upstream.CalledAsync();

            taken.Add(await upstream.ClosedAfterAsync(call.Dispose));
        }

        Report(taken);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DeadlineOfTheClient_ClosesTheSocketOfTheApi(bool midAnswer)
    {
        await using var upstream = new Held(midAnswer);
        var action = await _server.CreateAsync(AnAction.Calling(upstream.Url));
        var taken = new List<TimeSpan>();
        for (var i = 0; i < 3; i++)
        {
            var deadline = TimeSpan.FromSeconds(1.5);
            var began = TimeProvider.System.GetTimestamp();
            using var call = _server.Actions.Execute(
                new() { Id = action.Id }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + deadline, cancellationToken: Token);
            await call.NextAsync();
            await upstream.CalledAsync();

            taken.Add(TimeProvider.System.GetElapsedTime(began, await upstream.ClosedAsync()) - deadline);

            (await Should.ThrowAsync<RpcException>(call.ReadToEndAsync())).StatusCode.ShouldBe(StatusCode.DeadlineExceeded);
        }

        Report(taken);
    }

    [Fact]
    public async Task DeadlineThatOnlyTheServerWatches_ClosesTheSocketOfTheApiAndEndsTheStream()
    {
        await using var upstream = new Held(midAnswer: false);
        var action = await _server.CreateAsync(AnAction.Calling(upstream.Url));

        var began = TimeProvider.System.GetTimestamp();
        var trailers = RawCall.TrailersAsync(
            _server.GrpcAddress,
            "actions.v1.ActionService/Execute",
            RawCall.Frame(Google.Protobuf.MessageExtensions.ToByteArray(new ExecuteRequest { Id = action.Id })),
            ("grpc-timeout", "1500m"));
        await upstream.CalledAsync();

        var taken = TimeProvider.System.GetElapsedTime(began, await upstream.ClosedAsync()) - TimeSpan.FromSeconds(1.5);
        (await trailers).ShouldHaveSingleItemNamed("grpc-status").ShouldBe($"{StatusCode.DeadlineExceeded:d}");
        Report([taken]);
    }

    [Theory]
    [InlineData(nameof(Link.Close), false)]
    [InlineData(nameof(Link.Close), true)]
    [InlineData(nameof(Link.Reset), false)]
    [InlineData(nameof(Link.Reset), true)]
    public async Task LostConnection_ClosesTheSocketOfTheApi(string how, bool midAnswer)
    {
        await using var upstream = new Held(midAnswer);
        var action = await _server.CreateAsync(AnAction.Calling(upstream.Url));
        var taken = new List<TimeSpan>();
        for (var i = 0; i < 10; i++)
        {
            await using var link = new Link(_server.GrpcAddress);
            using var channel = GrpcChannel.ForAddress(link.Address);
            using var call = new V1.ActionService.ActionServiceClient(channel).Execute(new() { Id = action.Id }, cancellationToken: Token);
            await call.NextAsync();
            await upstream.CalledAsync();

            taken.Add(await upstream.ClosedAfterAsync(how == nameof(Link.Close) ? link.Close : link.Reset));
        }

        Report(taken);
    }

    [Fact]
    public async Task ConnectionThatWentSilent_ClosesTheSocketOfTheApiWhenNoPingIsAnswered()
    {
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Server:KeepAlivePingDelay"] = "00:00:01",
            ["Server:KeepAlivePingTimeout"] = "00:00:01",
        });
        await using var upstream = new Held(midAnswer: false);
        var action = await server.CreateAsync(AnAction.Calling(upstream.Url));
        await using var link = new Link(server.GrpcAddress);
        using var channel = GrpcChannel.ForAddress(link.Address);
        using var call = new V1.ActionService.ActionServiceClient(channel).Execute(new() { Id = action.Id }, cancellationToken: Token);
        await call.NextAsync();
        await upstream.CalledAsync();

        // 1 s of silence and 1 s without an answer, both by the ticks of the server's heart, which come every second.
        var taken = await upstream.ClosedAfterAsync(link.Freeze);
        TestContext.Current.TestOutputHelper!.WriteLine($"socket closed after {taken.TotalSeconds:0.0} s");
        taken.ShouldBeLessThan(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task CancelledInitialize_ClosesTheSocketOfTheApi()
    {
        await using var upstream = new Held(midAnswer: false);
        using var cancel = new CancellationTokenSource();
        using var call = _server.Configs.InitializeAsync(
            new() { Draft = AnAction.Calling(upstream.Url) }, cancellationToken: cancel.Token);
        await upstream.CalledAsync();

        Report([await upstream.ClosedAfterAsync(cancel.Cancel)]);

        (await Should.ThrowAsync<RpcException>(call.ResponseAsync)).StatusCode.ShouldBe(StatusCode.Cancelled);
    }

    [Fact]
    public async Task ListenerThatDoesNotRead_DoesNotKeepTheServerFromCancelling()
    {
        // More than HTTP/2 lets through before the listener reads.
        var body = new string('x', 3 << 20);
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(body, "text/plain"));
        var action = AnAction.Calling(upstream.Url);
        action.ResponsePolicy = new() { MaxBodyBytes = body.Length };
        var stored = await _server.CreateAsync(action);
        using var cancel = new CancellationTokenSource();
        var call = _server.Actions.Execute(new() { Id = stored.Id }, cancellationToken: cancel.Token);
        await upstream.NextRequestAsync(Token);

        await cancel.CancelAsync();
        call.Dispose();

        // And nothing of it is left: the next one is answered in full.
        (await _server.ExecuteAsync(new() { Id = stored.Id }))[^1].Result.Body.Length.ShouldBe(body.Length);
    }

    private static void Report(List<TimeSpan> taken)
    {
        var sorted = taken.Order().Select(time => time.TotalMilliseconds).ToList();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"socket closed after: median {sorted[sorted.Count / 2]:0.0} ms, most {sorted[^1]:0.0} ms ({sorted.Count} times)");
        taken.Max().ShouldBeLessThan(Limit);
    }

    /// <summary>An API that takes a request and then says nothing, or only the beginning of its answer.</summary>
    private sealed class Held(bool midAnswer) : IAsyncDisposable
    {
        private readonly RawUpstream _upstream = new(async connection =>
        {
            await connection.ReadRequestAsync();
            if (midAnswer)
                await connection.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
            await connection.HoldAsync();
        });

        public string Url => _upstream.Url;

        public Task CalledAsync() => _upstream.NextRequestAsync(Token);

        /// <returns>When the caller's end was closed.</returns>
        public async Task<long> ClosedAsync() =>
            await _upstream.ScriptEndedAsync(Token).WaitAsync(TimeSpan.FromSeconds(20), TimeProvider.System);

        public async Task<TimeSpan> ClosedAfterAsync(Action end)
        {
            var began = TimeProvider.System.GetTimestamp();
            end();
            return TimeProvider.System.GetElapsedTime(began, await ClosedAsync());
        }

        public ValueTask DisposeAsync() => _upstream.DisposeAsync();
    }
}
