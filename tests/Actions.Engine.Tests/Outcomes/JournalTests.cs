using System.Net;
using System.Net.Sockets;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Tests.Faults;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outcomes;

/// <summary>What a journal says of attempts; on real sockets, with a clock that goes on where a test says.</summary>
public sealed class JournalTests : IDisposable
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;

    public JournalTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task NewConnection_EachPhaseHasItsTime()
    {
        using var certificate = RawUpstream.SelfSignedCertificate();
        await using var api = new RawUpstream(
            async connection =>
            {
                await connection.ReadRequestAsync();
                Pass(30);
                await connection.SendAsync(Ok);
            },
            certificate);
        using var handler = UpstreamHttp.CreateHandler(new EngineOptions(), Timed(resolve: 5, connect: 7));
        handler.SslOptions.RemoteCertificateValidationCallback = (_, seen, _, _) =>
        {
            Pass(11);
            return seen?.GetCertHashString() == certificate.Thumbprint;
        };
        using var engine = new EngineUnderTest(handler, _clock, Timed(resolve: 5, connect: 7));
        Pass(100);

        var attempt = (await RunAsync(Post($"https://localhost:{api.Port}/"), engine)).Attempts.ShouldHaveSingleItem();

        (Ms(attempt.Resolve), Ms(attempt.Connect), Ms(attempt.Tls), Ms(attempt.Wait)).ShouldBe((5, 7, 11, 30));
        (attempt.Queue, attempt.Authorize, Ms(attempt.Send), Ms(attempt.Read)).ShouldBe((null, null, 0, 0));
        (attempt.Number, Ms(attempt.Start), Ms(attempt.Elapsed)).ShouldBe((1, 0, 53));
        (attempt.ConnectionReused, attempt.RequestBytes, attempt.ResponseBytes).ShouldBe((false, 7L, 2L));
        (attempt.StatusCode, attempt.Reason, attempt.Stage).ShouldBe((200, default, default));
        attempt.HttpVersion.ShouldBe("1.1");
        attempt.RemoteAddress.ShouldBe($"127.0.0.1:{api.Port}");
    }

    [Fact]
    public async Task KeptConnection_ReusedWithoutPhasesOfItsOwn()
    {
        await using var api = RawUpstream.Answering(Ok);
        using var engine = new EngineUnderTest(_clock, guard: Timed(resolve: 5, connect: 7));
        var first = (await RunAsync(Post(api.Url), engine)).Attempts.Single();

        var second = (await RunAsync(Post(api.Url), engine)).Attempts.Single();

        // An address needs no look-up.
        (first.ConnectionReused, first.Resolve, Ms(first.Connect)).ShouldBe((false, null, 7));
        (second.ConnectionReused, second.Resolve, second.Connect, second.Tls).ShouldBe((true, null, null, null));
        second.RemoteAddress.ShouldBe(first.RemoteAddress);
    }

    [Fact]
    public async Task ConnectionOpenedForAnother_TheWaitForItIsAllThereIs()
    {
        await using var api = RawUpstream.Answering(Ok);
        var gates = new[] { new TaskCompletionSource(), new TaskCompletionSource() };
        var dialled = 0;
        var network = new TimedNetwork(() => { }, () => gates[Interlocked.Increment(ref dialled) - 1].Task);
        var guard = new SsrfGuard(LocalOnly, network, () => [], _clock);
        using var engine = new EngineUnderTest(_clock, guard: guard);
        var first = RunAsync(Post(api.Url), engine);
        await UntilAsync(() => dialled == 1);
        Pass(10);
        var second = RunAsync(Post(api.Url), engine);
        await UntilAsync(() => dialled == 2);
        Pass(20);

        // HttpClient gives it to who waits longest.
        gates[1].SetResult();
        var taken = (await first).Attempts.Single();
        // The first connection is free by now.
        var kept = (await second).Attempts.Single();

        (taken.ConnectionReused, Ms(taken.Connect)).ShouldBe((true, 30));
        (kept.ConnectionReused, Ms(kept.Connect)).ShouldBe((false, 20));
        gates[0].SetResult();
    }

    [Fact]
    public async Task NobodyListens_HowLongItTookToHear()
    {
        using var engine = new EngineUnderTest(_clock, guard: Timed(resolve: 5, connect: 7));

        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        var attempt = (await RunAsync(Post($"http://localhost:{port}/"), engine)).Attempts.Single();

        (attempt.Reason, attempt.Stage).ShouldBe((FailureReason.Connection, FailureStage.Connect));
        (Ms(attempt.Resolve), Ms(attempt.Connect), Ms(attempt.Elapsed)).ShouldBe((5, 7, 12));
        (attempt.Send, attempt.Wait, attempt.Read, attempt.ConnectionReused).ShouldBe((null, null, null, false));
        attempt.RemoteAddress.ShouldBe($"127.0.0.1:{port}");
    }

    [Fact]
    public async Task Http2_SecondRequestOnTheSameConnection()
    {
        await using var api = FaultUpstream.Http2(async peer =>
        {
            for (var stream = await peer.ReadRequestAsync(); ; stream = await peer.NextRequestAsync())
            {
                Pass(30);
                const byte whole = Http2Peer.EndHeaders | Http2Peer.EndStream;
                await peer.SendAsync(Http2Peer.Headers, whole, stream, Http2Peer.Ok);
            }
        });
        using var handler = TestAuthority.Trusted(UpstreamHttp.CreateHandler(new EngineOptions(), Timed(5, 7)));
        using var engine = new EngineUnderTest(handler, _clock, Timed(5, 7));
        var first = (await RunAsync(Configs.Get(api.Url), engine)).Attempts.Single();

        var second = (await RunAsync(Configs.Get(api.Url), engine)).Attempts.Single();

        (first.HttpVersion, first.ConnectionReused, Ms(first.Connect), Ms(first.Wait)).ShouldBe(("2", false, 7, 30));
        (second.HttpVersion, second.ConnectionReused, second.Connect, Ms(second.Wait)).ShouldBe(("2", true, null, 30));
        second.RemoteAddress.ShouldBe($"127.0.0.1:{api.Port}");
    }

    [Fact]
    public async Task Retried_AnAttemptEach()
    {
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            Pass(10);
            await connection.SendAsync(connection.Number == 1 ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : Ok);
        });
        var config = Post(api.Url);
        config.RetryPolicy = new RetryPolicy { MaxAttempts = 2, RetryNonIdempotent = true };
        var running = RunAsync(config);
        await UntilAsync(() => _clock.NextDue < TimeSpan.FromSeconds(1));
        var due = _clock.NextDue!.Value;
        _clock.AdvanceTo(due);

        var attempts = (await running).Attempts;

        attempts.Select(attempt => (attempt.Number, attempt.StatusCode, attempt.Reason)).ShouldBe(
            [(1, 503, FailureReason.HttpStatus), (2, 200, FailureReason.Unspecified)]);
        attempts.Select(attempt => attempt.Start.ToTimeSpan()).ShouldBe([TimeSpan.Zero, due]);
        attempts.Select(attempt => Ms(attempt.Wait)).ShouldBe([10, 10]);
    }

    [Fact]
    public async Task Redirected_ThePhasesOfBothRequests()
    {
        await using var api = RawUpstream.Answering(request =>
        {
            Pass(10);
            return request.Target == "/there"
                ? Ok
                : "HTTP/1.1 307 Moved\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n";
        });
        var config = Post(api.Url);
        config.ResponsePolicy = new ResponsePolicy { MaxRedirects = 1 };

        var attempt = (await RunAsync(config)).Attempts.ShouldHaveSingleItem();

        (Ms(attempt.Wait), attempt.RequestBytes, attempt.StatusCode, Ms(attempt.Elapsed)).ShouldBe((20, 14L, 200, 20));
    }

    [Fact]
    public async Task TokenFetched_AuthorizePhase()
    {
        await using var scene = new TokenScene(fetch: (_, _) =>
        {
            Pass(9);
            return TokenScene.Token("t1");
        });

        var attempt = (await RunAsync(scene.Config)).Attempts.Single();
        var next = (await RunAsync(scene.Config)).Attempts.Single();

        (Ms(attempt.Authorize), Ms(attempt.Elapsed), Ms(next.Authorize)).ShouldBe((9, 9, 0));
    }

    [Fact]
    public async Task WaitedForATurn_QueuePhase()
    {
        using var engine = new EngineUnderTest(_clock, new EngineOptions { MaxCallsPerHost = 1 });
        var mayAnswer = new SemaphoreSlim(0);
        await using var api = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await mayAnswer.WaitAsync(engine.Token);
                await connection.SendAsync(Ok);
            }
        });
        var first = RunAsync(Post(api.Url), engine);
        await api.NextRequestAsync(engine.Token);
        var armed = _clock.Armed;
        var second = RunAsync(Post(api.Url), engine);
        // Its own timer, and that of its patience.
        await UntilAsync(() => _clock.Armed == armed + 2);
        Pass(40);
        mayAnswer.Release(2);

        (await first).Attempts.Single().Queue.ShouldBeNull();
        Ms((await second).Attempts.Single().Queue).ShouldBe(40);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NoAnswer_TheAttemptEndsWithTheExecution(bool isAborted)
    {
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.HoldAsync();
        });
        using var stop = new CancellationTokenSource();
        var journal = new ExecutionJournal();
        var running = RunAsync(Post(api.Url), journal: journal, cancellationToken: stop.Token);
        await api.NextRequestAsync(_engine.Token);
        Pass(isAborted ? 100 : 3_000);
        if (isAborted)
        {
            await stop.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(running);
        }
        else
        {
            await running;
        }

        Pass(1_000);

        var attempt = journal.Attempts.ShouldHaveSingleItem();
        (attempt.Reason, attempt.Stage).ShouldBe(
            (isAborted ? FailureReason.Aborted : FailureReason.Timeout, FailureStage.Wait));
        Ms(attempt.Wait).ShouldBe(isAborted ? 100 : 3_000);
        Ms(attempt.Elapsed).ShouldBe(isAborted ? 100 : 3_000);
    }

    private static OutboundOptions LocalOnly => new() { AllowedNetworks = "loopback", AllowHttp = true };

    private static ActionConfig Post(string url)
    {
        var config = Configs.With(HttpMethod.Post, url);
        config.Request.JsonBody = """{"a":1}""";
        config.Request.Timeout = Duration.FromTimeSpan(TimeSpan.FromSeconds(3));
        return config;
    }

    private static int? Ms(Duration? time) => (int?)time?.ToTimeSpan().TotalMilliseconds;

    private void Pass(int milliseconds) => _clock.Advance(TimeSpan.FromMilliseconds(milliseconds));

    private SsrfGuard Timed(int resolve, int connect) => new(
        LocalOnly,
        new TimedNetwork(
            () => Pass(resolve),
            () =>
            {
                Pass(connect);
                return Task.CompletedTask;
            }),
        () => [],
        _clock);

    private async Task<ExecutionJournal> RunAsync(
        ActionConfig config, EngineUnderTest? engine = null, ExecutionJournal? journal = null,
        CancellationToken? cancellationToken = null)
    {
        engine ??= _engine;
        journal ??= new ExecutionJournal();
        var input = new ExecutionInput("tests", new Dictionary<string, Value>()) { Journal = journal };
        await engine.Engine.ExecuteAsync(engine.Compile(config), input, cancellationToken ?? engine.Token)
            .LastAsync(CancellationToken.None);
        return journal;
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        while (!holds())
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, _engine.Token);
    }

    /// <summary>Every name is this machine.</summary>
    private sealed class TimedNetwork(Action resolve, Func<Task> connect) : INetwork
    {
        public Task<IPAddress[]> ResolveAsync(string name, CancellationToken cancellationToken)
        {
            resolve();
            return Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
        }

        public async Task<Stream> ConnectAsync(IPEndPoint endPoint, CancellationToken cancellationToken)
        {
            await connect();
            return await SystemNetwork.Instance.ConnectAsync(endPoint, cancellationToken);
        }

        public IEnumerable<IPAddress> OwnAddresses() => [];
    }
}
