using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Actions.V1;
using Grpc.Core;
using Grpc.Net.Client;

namespace Actions.Server.Tests.Access;

/// <summary>Mutual TLS: the certificate says who calls.</summary>
public sealed class ClientCertificateTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("actions-server-tests-");
    private readonly X509Certificate2 _authority = Authority("CN=Callers");
    private RunningServer _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using var own = Signed(_authority, "CN=localhost", names => names.AddIpAddress(System.Net.IPAddress.Loopback), "1.3.6.1.5.5.7.3.1");
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "authorities.pem"), _authority.ExportCertificatePem());
        await File.WriteAllBytesAsync(Path.Combine(_folder.FullName, "server.pfx"), own.Export(X509ContentType.Pfx));
        _server = await RunningServer.StartAsync(new()
        {
            ["Kestrel:Endpoints:Grpc:Url"] = "https://127.0.0.1:0",
            ["Kestrel:Endpoints:Grpc:Certificate:Path"] = Path.Combine(_folder.FullName, "server.pfx"),
            ["Access:ClientCertificateAuthorities"] = Path.Combine(_folder.FullName, "authorities.pem"),
            ["Access:Certificates:0:Subject"] = "CN=voice-engine, O=Acme",
            ["Access:Certificates:0:Workspace"] = "acme",
            ["Access:Certificates:0:Role"] = "engine",
            ["Access:Certificates:1:San"] = "dns:editor.example.com",
            ["Access:Certificates:1:Workspace"] = "acme",
            ["Access:Certificates:1:Role"] = "editor",
            ["Access:Certificates:2:San"] = "uri:spiffe://example.com/admin",
            ["Access:Certificates:2:Workspace"] = "other",
            ["Access:Certificates:2:Role"] = "admin",
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _authority.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task SubjectOrName_SaysWhichWorkspaceAndRole()
    {
        using var editor = Connect(Signed(_authority, "CN=x", names => names.AddDnsName("editor.example.com")));
        var action = (await Configs(editor).CreateActionConfigAsync(new() { ActionConfig = AnAction.Any() }, cancellationToken: Token)).ActionConfig;

        // The same workspace, by the subject, but another role.
        using var engine = Connect(Signed(_authority, "CN=voice-engine, O=Acme"));
        (await Refusal.OfAsync(Configs(engine).ListActionConfigsAsync(new(), cancellationToken: Token)))
            .ShouldBe(StatusCode.PermissionDenied, "ERROR_REASON_ROLE_INSUFFICIENT", ("role", "editor"));
        using var call = new V1.ActionService.ActionServiceClient(engine).Execute(new() { Id = action.Id, DryRun = true }, cancellationToken: Token);
        (await call.ReadToEndAsync()).ShouldNotBeEmpty();

        using var admin = Connect(Signed(_authority, "CN=y", names => names.AddUri(new("spiffe://example.com/admin"))));
        (await Configs(admin).ListActionConfigsAsync(new(), cancellationToken: Token)).ActionConfigs.ShouldBeEmpty();
    }

    [Fact]
    public async Task CertificateThatNobodyMapped_IsRefused()
    {
        using var channel = Connect(Signed(_authority, "CN=stranger", names => names.AddEmailAddress("editor.example.com")));

        (await Refusal.OfAsync(Configs(channel).ListActionConfigsAsync(new(), cancellationToken: Token)))
            .ShouldBe(StatusCode.Unauthenticated, "ERROR_REASON_CREDENTIALS_INVALID");
    }

    [Fact]
    public async Task NoCertificate_IsRefusedAlthoughThereIsNoKeyEither()
    {
        using var channel = Connect(null);

        (await Refusal.OfAsync(Configs(channel).ListActionConfigsAsync(new(), cancellationToken: Token)))
            .ShouldBe(StatusCode.Unauthenticated, "ERROR_REASON_CREDENTIALS_MISSING");
    }

    [Theory]
    [InlineData("of an authority that nobody trusts")]
    [InlineData("signed by itself")]
    [InlineData("expired")]
    [InlineData("made for servers")]
    public async Task CertificateThatIsNotGenuine_GetsNoConnection(string flaw)
    {
        const string subject = "CN=voice-engine, O=Acme";
        using var stranger = Authority("CN=Callers");
        using var channel = Connect(flaw switch
        {
            "signed by itself" => Authority(subject),
            "expired" => Signed(_authority, subject, valid: -TimeSpan.FromDays(1)),
            "made for servers" => Signed(_authority, subject, usage: "1.3.6.1.5.5.7.3.1"),
            _ => Signed(stranger, subject),
        });

        var error = await Should.ThrowAsync<RpcException>(async () => await Configs(channel).ListActionConfigsAsync(new(), cancellationToken: Token));

        // The client sees its connection closed, in the handshake or right after it (TLS 1.3); nothing of ours answers.
        error.StatusCode.ShouldBeOneOf(StatusCode.Unavailable, StatusCode.Internal);
        error.Trailers.ShouldBeEmpty();
    }

    private GrpcChannel Connect(X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                // The server's is of the same authority.
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { _authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
                ClientCertificates = certificate is null ? null : [certificate],
                LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate,
            },
        };
        return GrpcChannel.ForAddress(_server.GrpcAddress, new() { HttpHandler = handler, DisposeHttpClient = true });
    }

    private static V1.ActionConfigService.ActionConfigServiceClient Configs(GrpcChannel channel) => new(channel);

    private static X509Certificate2 Authority(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-10), now.AddDays(10));
    }

    private static X509Certificate2 Signed(
        X509Certificate2 authority,
        string subject,
        Action<SubjectAlternativeNameBuilder>? name = null,
        string usage = "1.3.6.1.5.5.7.3.2",
        TimeSpan? valid = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], critical: true));
        if (name is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            name(names);
            request.CertificateExtensions.Add(names.Build());
        }

        var now = TimeProvider.System.GetUtcNow();
        using var signed = request.Create(
            authority, now.AddDays(-5), now + (valid ?? TimeSpan.FromDays(1)), RandomNumberGenerator.GetBytes(8));
        using var withKey = signed.CopyWithPrivateKey(key);
        // A key that lives in memory only is of no use to every TLS library.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), null);
    }
}
