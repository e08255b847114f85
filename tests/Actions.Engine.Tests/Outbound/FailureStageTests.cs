using System.Net;
using System.Net.Sockets;
using Actions.Engine.Limits;
using Actions.Engine.Outbound.Guard;
using Actions.Engine.Tests.Outbound.Authentication;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Engine.Tests.Outbound;

/// <summary>A failure says how far the attempt had come: each stage on real sockets, time-outs on a clock that the test
/// advances.</summary>
public sealed class FailureStageTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;

    public FailureStageTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task NameWithoutAddress_Resolve() =>
        (await _engine.FailureAsync(Configs.Get("http://nothere.invalid/"))).Stage.ShouldBe(FailureStage.Resolve);

    [Fact]
    public async Task NameLeadsInside_Guard()
    {
        var network = new FakeNetwork(_ => FakeNetwork.Addresses("10.0.0.7"));
        using var engine = new EngineUnderTest(guard: network.Guard(new OutboundOptions { AllowHttp = true }));

        (await engine.FailureAsync(Configs.Get("http://shop.example:8080/"))).Stage.ShouldBe(FailureStage.Guard);
    }

    [Fact]
    public async Task NobodyListens_Connect()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        (await _engine.FailureAsync(Configs.Get($"http://127.0.0.1:{port}/"))).Stage.ShouldBe(FailureStage.Connect);
    }

    [Fact]
    public async Task CertificateNotTrusted_Tls()
    {
        using var certificate = RawUpstream.SelfSignedCertificate();
        await using var api = new RawUpstream(connection => connection.ReadRequestAsync(), certificate);

        (await _engine.FailureAsync(Configs.Get(api.Url))).Stage.ShouldBe(FailureStage.Tls);
    }

    [Fact]
    public async Task HandshakeNeverAnswered_TimeoutInTls()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var running = _engine.FailureAsync(Within($"https://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/"));
        using var connection = await listener.AcceptSocketAsync(_engine.Token);
        (await connection.ReceiveAsync(new byte[1], _engine.Token)).ShouldBe(1);

        _clock.Advance(Limit);

        ShouldBeTimeout(await running, FailureStage.Tls);
    }

    [Fact]
    public async Task BodyNeverRead_TimeoutInSend()
    {
        var options = new EngineOptions { MaxRenderedBodyBytes = 64 << 20, MaxVariableBytes = 1 << 20 };
        using var engine = new EngineUnderTest(_clock, options);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Server.ReceiveBufferSize = 4_096;
        listener.Start();
        var config = Within($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
        config.Request.Method = HttpMethod.Post;
        // More than the system's buffers hold.
        config.Request.TextBody = new TextBody { ContentType = "text/plain", Text = string.Concat(Enumerable.Repeat("{{text}}", 60)) };
        var running = engine.FailureAsync(
            config, new Dictionary<string, Value> { ["text"] = Value.ForString(new string('x', 1_000_000)) });
        using var connection = await listener.AcceptSocketAsync(engine.Token);
        (await connection.ReceiveAsync(new byte[1], engine.Token)).ShouldBe(1);

        _clock.Advance(Limit);

        ShouldBeTimeout(await running, FailureStage.Send);
    }

    [Theory]
    [InlineData(HttpMethod.Get)]
    [InlineData(HttpMethod.Post)]
    public async Task HeadersNeverCome_TimeoutInWait(HttpMethod method)
    {
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.HoldAsync();
        });
        var config = Within(api.Url);
        config.Request.Method = method;
        if (method == HttpMethod.Post)
            config.Request.JsonBody = "{}";
        var running = _engine.FailureAsync(config);
        await api.NextRequestAsync(_engine.Token);

        _clock.Advance(Limit);

        ShouldBeTimeout(await running, FailureStage.Wait);
    }

    [Fact]
    public async Task ClosedWithoutAResponse_Wait()
    {
        await using var api = new RawUpstream(connection => connection.ReadRequestAsync());

        (await _engine.FailureAsync(Configs.Get(api.Url))).Stage.ShouldBe(FailureStage.Wait);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", FailureStage.Read)]
    [InlineData("HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n", FailureStage.Judge)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 1\r\n\r\n{", FailureStage.Judge)]
    [InlineData("HTTP/1.1 two hundred\r\n\r\n", FailureStage.Wait)]
    public async Task Response_StageItReached(string response, FailureStage stage)
    {
        await using var api = RawUpstream.AnsweringOnce(response);

        (await _engine.FailureAsync(Configs.Get(api.Url))).Stage.ShouldBe(stage);
    }

    [Fact]
    public async Task TokenRefused_Authorize()
    {
        await using var scene = new TokenScene(fetch: (_, _) => TokenScene.Status(403));

        var failure = await _engine.FailureAsync(scene.Config);

        (failure.Reason, failure.Stage).ShouldBe((FailureReason.Authentication, FailureStage.Authorize));
    }

    [Fact]
    public async Task TooManyCalls_Queue()
    {
        using var engine = new EngineUnderTest(options: new EngineOptions { MaxCallsPerHost = 1, MaxLineLength = 0 });
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.HoldAsync();
        });
        using var cancel = new CancellationTokenSource();
        var running = engine.Execute(Configs.Get(api.Url), cancellationToken: cancel.Token).LastAsync(CancellationToken.None).AsTask();
        await api.NextRequestAsync(engine.Token);

        (await engine.FailureAsync(Configs.Get(api.Url))).Stage.ShouldBe(FailureStage.Queue);

        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(running);
    }

    private static ActionConfig Within(string url)
    {
        var config = Configs.Get(url);
        config.Request.Timeout = Duration.FromTimeSpan(Limit);
        return config;
    }

    private static void ShouldBeTimeout(Failure failure, FailureStage stage) =>
        (failure.Reason, failure.Stage).ShouldBe((FailureReason.Timeout, stage));
}
