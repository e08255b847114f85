using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Actions.V1;
using Google.Protobuf;
using static Actions.Engine.Tests.Rehearsals.Rehearsal;

namespace Actions.Engine.Tests.Rehearsals;

/// <summary>Each simulated fault beside the same fault of a real peer: what is told of both is the same.</summary>
public sealed class SimulatedFaultTests : IDisposable
{
    private readonly FakeClock _clock = new();
    private readonly EngineUnderTest _engine;

    public SimulatedFaultTests() => _engine = new EngineUnderTest(_clock);

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Refused_AsIfNobodyListened()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();

        await ShouldBeTheSameAsync(Configs.Get($"http://127.0.0.1:{port}/"), SimulatedFault.Refused);
    }

    [Fact]
    public async Task Reset_AsIfTheApiResetTheConnection()
    {
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            connection.Reset();
        });

        await ShouldBeTheSameAsync(Configs.Get(api.Url), SimulatedFault.Reset);
    }

    [Fact]
    public async Task TooLarge_AsIfTheBodyWere()
    {
        await using var api = RawUpstream.Answering(RawUpstream.Response(new string('x', 1_001), "text/plain"));
        var action = Configs.Get(api.Url);
        action.ResponsePolicy = new() { MaxBodyBytes = 1_000 };

        await ShouldBeTheSameAsync(action, SimulatedFault.TooLarge);
    }

    [Fact]
    public async Task Tls_AsIfTheCertificateWereNotTrusted()
    {
        using var certificate = RawUpstream.SelfSignedCertificate();
        await using var api = new RawUpstream(connection => connection.ReadRequestAsync(), certificate);

        await ShouldBeTheSameAsync(Configs.Get(api.Url), SimulatedFault.Tls);
    }

    [Fact]
    public Task NameResolution_AsIfTheNameHadNoAddress() =>
        ShouldBeTheSameAsync(Configs.Get("http://nothere.invalid/"), SimulatedFault.NameResolution);

    [Fact]
    public async Task Timeout_AsIfTheApiNeverAnswered()
    {
        await using var api = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.HoldAsync();
        });
        var action = Configs.Get(api.Url);
        action.Request.Timeout = Milliseconds(3_000);

        var real = _engine.FailureAsync(action);
        await api.NextRequestAsync(_engine.Token);
        _clock.Advance(TimeSpan.FromSeconds(3));
        var events = await new Rehearsal(_engine, _clock).PlayAsync(action, After(50, SimulatedFault.Timeout));

        events[^1].Failure.ShouldBe(await real);
        events[^1].Elapsed.ShouldBe(Milliseconds(3_000));
    }

    private async Task ShouldBeTheSameAsync(ActionConfig action, SimulatedFault fault)
    {
        var real = await _engine.FailureAsync(action);

        var events = await new Rehearsal(_engine, _clock).PlayAsync(action, After(50, fault));

        // Reason, stage, detail, status, whether it is worth another try: all but the words of a body.
        WithoutBody(events[^1].Failure).ShouldBe(WithoutBody(real));
        events[^1].Elapsed.ShouldBe(Milliseconds(50));
    }

    private static Failure WithoutBody(Failure failure)
    {
        var rest = failure.Clone();
        (rest.Body, rest.ContentType) = (ByteString.Empty, "");
        return rest;
    }
}
