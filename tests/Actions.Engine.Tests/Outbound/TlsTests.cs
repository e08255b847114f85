using System.Security.Cryptography.X509Certificates;
using Actions.Engine.Limits;
using Actions.Engine.Outbound;
using Actions.Engine.Tests.Outbound.Guard;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound;

/// <summary>The process's own way out, told to trust one certificate that no authority has signed.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly X509Certificate2 _certificate = RawUpstream.SelfSignedCertificate();
    private readonly SocketsHttpHandler _handler = UpstreamHttp.CreateHandler(new EngineOptions(), Guards.Local);
    private readonly EngineUnderTest _engine;

    public TlsTests()
    {
        _handler.SslOptions.RemoteCertificateValidationCallback = (_, seen, _, _) =>
            seen is X509Certificate2 { Thumbprint: var thumbprint } && thumbprint == _certificate.Thumbprint;
        _engine = new EngineUnderTest(_handler);
    }

    public void Dispose()
    {
        _engine.Dispose();
        _handler.Dispose();
        _certificate.Dispose();
    }

    [Fact]
    public async Task CertificateTrusted_CalledOverTls()
    {
        await using var upstream = new RawUpstream(
            async connection =>
            {
                await connection.ReadRequestAsync();
                await connection.SendAsync(RawUpstream.Response("{}"));
            },
            _certificate);

        (await _engine.ResultAsync(Configs.Get($"{upstream.Url}/orders"))).StatusCode.ShouldBe(200);

        (await upstream.NextRequestAsync(_engine.Token)).Target.ShouldBe("/orders");
    }

    [Fact]
    public async Task ClosedWithoutAnAnswer_ConnectionAfterOneAttempt()
    {
        await using var upstream = new RawUpstream(connection => connection.ReadRequestAsync(), _certificate);

        (await _engine.FailureAsync(Configs.Get(upstream.Url))).Reason.ShouldBe(FailureReason.Connection);

        upstream.Requests.Count.ShouldBe(1);
    }
}
