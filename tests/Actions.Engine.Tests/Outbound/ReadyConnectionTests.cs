using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Engine.Tests.Faults;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound;

/// <summary>What is made ready is what the next execution uses, and the API gets no byte of a request before.</summary>
public sealed class ReadyConnectionTests : IDisposable
{
    private static readonly EngineOptions Options = new();

    private readonly FakeClock _clock = new();
    private readonly UpstreamHttp _upstream;
    private readonly ActionEngine _engine;
    private readonly ActionCompiler _compiler = new(Options, Guards.Local);
    private readonly ConcurrentQueue<int> _used = [];

    public ReadyConnectionTests()
    {
        var ready = new ReadyConnections(Options, Guards.Local);
        _upstream = new UpstreamHttp(
            TestAuthority.Trusted(UpstreamHttp.CreateHandler(Options, ready)), Guards.Local, ready);
        _engine = new ActionEngine(_upstream, Options, _clock);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _upstream.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Http1_ExecutedOnTheConnectionThatWasReady(bool tls)
    {
        await using var api = Answering(tls);

        var steps = await ReadyAsync(api.Url);
        await api.ConnectedAsync(Token);

        Shown(steps).ShouldBe(tls ? ["Connect", "Tls"] : ["Connect"]);
        api.Requests.ShouldBeEmpty();
        (await ExecuteAsync(api.Url)).Result.StatusCode.ShouldBe(200);
        (await ExecuteAsync(api.Url)).Result.StatusCode.ShouldBe(200);
        // The connection's first byte was the request's: the script reads it from there.
        _used.ShouldBe([1, 1]);
        api.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Http2_ExecutedOnTheConnectionThatWasReady()
    {
        var connections = 0;
        await using var api = FaultUpstream.Http2(async peer =>
        {
            Interlocked.Increment(ref connections);
            for (var stream = await peer.ReadRequestAsync(); ; stream = await peer.NextRequestAsync())
            {
                await peer.SendAsync(Http2Peer.Headers, Http2Peer.EndHeaders, stream, Http2Peer.Ok);
                await peer.SendAsync(Http2Peer.Data, Http2Peer.EndStream, stream, "{}"u8.ToArray());
            }
        });

        Shown(await ReadyAsync(api.Url)).ShouldBe(["Connect", "Tls"]);
        // Not even the preface of HTTP/2 has come, with which the script begins.
        connections.ShouldBe(0);

        (await ExecuteAsync(api.Url)).Result.StatusCode.ShouldBe(200);
        (await ExecuteAsync(api.Url)).Result.StatusCode.ShouldBe(200);
        connections.ShouldBe(1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Again_NothingHadToBeDone(bool tls)
    {
        await using var api = Answering(tls);
        string[] ready = tls ? ["Connect before", "Tls before"] : ["Connect before"];

        await ReadyAsync(api.Url);
        Shown(await ReadyAsync(api.Url)).ShouldBe(ready);
        // Nor after a request has taken the connection.
        await ExecuteAsync(api.Url);
        Shown(await ReadyAsync(api.Url)).ShouldBe(ready);
        await ExecuteAsync(api.Url);

        _used.ShouldBe([1, 1]);
    }

    [Fact]
    public async Task AllAtOnce_OneConnection()
    {
        await using var api = Answering(tls: true);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ReadyAsync(api.Url)));
        await ExecuteAsync(api.Url);
        await api.ConnectedAsync(Token);

        _used.ShouldBe([1]);
    }

    [Fact]
    public async Task ClosedByTheApiMeanwhile_OpenedAgain()
    {
        await using var api = new RawUpstream(
            async connection =>
            {
                if (connection.Number == 1)
                    return;
                await AnswerAsync(connection);
            },
            TestAuthority.Valid);
        await ReadyAsync(api.Url);
        await api.ScriptEndedAsync(Token);
        await ClosedAsync(api.Url);

        Shown(await ReadyAsync(api.Url)).ShouldBe(["Connect", "Tls"]);

        (await ExecuteAsync(api.Url)).Result.Attempts.ShouldBe(1);
        _used.ShouldBe([2]);
    }

    [Fact]
    public async Task ClosedByTheApiAndNotPreparedAgain_ExecutedOnANewOne()
    {
        await using var api = new RawUpstream(
            async connection =>
            {
                if (connection.Number == 1)
                    return;
                await AnswerAsync(connection);
            });
        await ReadyAsync(api.Url);
        await api.ScriptEndedAsync(Token);
        await ClosedAsync(api.Url);

        (await ExecuteAsync(api.Url)).Result.Attempts.ShouldBe(1);

        _used.ShouldBe([2]);
    }

    [Fact]
    public async Task NeverUsed_ClosedAsUnusedConnectionsAre()
    {
        await using var api = new RawUpstream(connection => connection.HoldAsync());
        await ReadyAsync(api.Url);

        _clock.Advance(Options.ConnectionIdleTimeout);

        await api.ScriptEndedAsync(Token);
        _clock.Armed.ShouldBe(0);
    }

    [Fact]
    public async Task NameResolved_AStepOfItsOwn()
    {
        await using var api = Answering(tls: false);
        var network = new FakeNetwork(_ => FakeNetwork.Addresses("8.8.8.8"), api.Port);
        var guard = network.Guard(new() { AllowHttp = true });
        using var upstream = new UpstreamHttp(Options, guard);
        var engine = new ActionEngine(upstream, Options, _clock);
        var plan = new ActionCompiler(Options, guard).Compile(Configs.Get("http://shop.example:8080/"), "action");

        Shown(await engine.MakeReadyAsync(plan, "tests", Token)).ShouldBe(["Resolve", "Connect"]);
        Shown(await engine.MakeReadyAsync(plan, "tests", Token)).ShouldBe(["Resolve before", "Connect before"]);

        network.Asked.Count.ShouldBe(1);
    }

    [Fact]
    public async Task HandshakeNeverAnswered_GivenUpAfterSomeSeconds()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var preparing = ReadyAsync($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        using var connection = await listener.AcceptSocketAsync(Token);
        (await connection.ReceiveAsync(new byte[1], Token)).ShouldBe(1);

        _clock.Advance(TimeSpan.FromSeconds(3));

        var steps = await preparing;
        Shown(steps).ShouldBe(["Connect", "Tls Timeout"]);
        steps[^1].Elapsed.ShouldBe(Duration.FromTimeSpan(TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public async Task Unreachable_ToldAsAnExecutionWould()
    {
        using var certificate = RawUpstream.SelfSignedCertificate();
        await using var untrusted = new RawUpstream(connection => connection.ReadRequestAsync(), certificate);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var refused = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        listener.Stop();

        foreach (var url in new[] { refused, untrusted.Url, "http://nothere.invalid/" })
        {
            var failed = (await ReadyAsync(url))[^1];
            var told = (await ExecuteAsync(url)).Failure;

            (failed.Failure, failed.Detail).ShouldBe((told.Reason, told.Detail));
        }
    }

    [Fact]
    public async Task NameLeadsInside_RefusedAsAnExecutionIs()
    {
        var network = new FakeNetwork(_ => FakeNetwork.Addresses("10.0.0.7"));
        var guard = network.Guard(new() { AllowHttp = true });
        using var upstream = new UpstreamHttp(Options, guard);
        var engine = new ActionEngine(upstream, Options, _clock);
        var plan = new ActionCompiler(Options, guard).Compile(Configs.Get("http://shop.example:8080/"), "action");

        Shown(await engine.MakeReadyAsync(plan, "tests", Token)).ShouldBe(["Resolve BlockedAddress"]);

        network.Dialled.ShouldBeEmpty();
    }

    [Fact]
    public async Task ActionWithAToken_FetchedOnce()
    {
        await using var scene = new TokenScene();
        var plan = _compiler.Compile(scene.Config, "action_config");

        Shown(await _engine.MakeReadyAsync(plan, "tests", Token)).ShouldBe(["Connect", "Token"]);
        Shown(await _engine.MakeReadyAsync(plan, "tests", Token)).ShouldBe(["Connect before", "Token before"]);
        scene.Api.Requests.ShouldBeEmpty();
        await ExecuteAsync(plan);

        scene.Endpoint.Requests.Count.ShouldBe(1);
        scene.Authorizations.ShouldBe(["Bearer t1"]);
    }

    [Fact]
    public async Task TokenRefused_ToldWithoutTheSecret()
    {
        await using var scene = new TokenScene((_, _) => TokenScene.Status(403));
        scene.Config.Authentication = Methods.OAuth2($"{scene.Endpoint.Url}/token", secret: "status");

        var steps = await _engine.MakeReadyAsync(_compiler.Compile(scene.Config, "action_config"), "tests", Token);

        Shown(steps).ShouldBe(["Connect", "Token Authentication"]);
        steps[^1].Detail.ShouldNotContain("status");
    }

    private static IEnumerable<string> Shown(IEnumerable<PreparedStep> steps) => steps.Select(step =>
        step.Kind
        + (step.ReadyBefore ? " before" : "")
        + (step.Failure == FailureReason.Unspecified ? "" : $" {step.Failure}"));

    private RawUpstream Answering(bool tls) => new(AnswerAsync, tls ? TestAuthority.Valid : null);

    private async Task AnswerAsync(RawConnection connection)
    {
        while (await connection.ReadRequestAsync() is not null)
        {
            _used.Enqueue(connection.Number);
            await connection.SendAsync(RawUpstream.Response("{}"));
        }
    }

    /// <summary>The end has arrived here, too.</summary>
    private async Task ClosedAsync(string url)
    {
        while (_upstream.Ready.Has(Origin.Of(new Uri(url))))
            await Task.Yield();
    }

    private Task<IReadOnlyList<PreparedStep>> ReadyAsync(string url) =>
        _engine.MakeReadyAsync(_compiler.Compile(Configs.Get(url), "action_config"), "tests", Token);

    private Task<ExecutionEvent> ExecuteAsync(string url) =>
        ExecuteAsync(_compiler.Compile(Configs.Get(url), "action_config"));

    private async Task<ExecutionEvent> ExecuteAsync(ActionPlan plan) => await _engine
        .ExecuteAsync(plan, new ExecutionInput("tests", new Dictionary<string, Value>()), Token).LastAsync(Token);
}
