using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actions.Engine.Tests.Faults;

/// <summary>A certificate authority that exists while the tests run, and what it has signed.</summary>
internal static class TestAuthority
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();
    private static readonly X509Certificate2 Authority = SignAuthority();

    public static X509Certificate2 Valid { get; } = Sign(IPAddress.Loopback, Now.AddDays(-1), Now.AddDays(1));

    public static X509Certificate2 Expired { get; } = Sign(IPAddress.Loopback, Now.AddDays(-2), Now.AddDays(-1));

    public static X509Certificate2 WrongName { get; } = Sign(IPAddress.Parse("127.0.0.2"), Now.AddDays(-1), Now.AddDays(1));

    public static X509Certificate2 SelfSigned { get; } = RawUpstream.SelfSignedCertificate();

    /// <summary>Has a handler trust this authority in place of the system's; everything else is checked as
    /// ever.</summary>
    public static SocketsHttpHandler Trusted(SocketsHttpHandler handler)
    {
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { Authority },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        return handler;
    }

    private static X509Certificate2 SignAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Faults Test Authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(Now.AddDays(-3), Now.AddDays(3));
    }

    private static X509Certificate2 Sign(IPAddress address, DateTimeOffset from, DateTimeOffset until)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=api", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address);
        request.CertificateExtensions.Add(names.Build());
        using var signed = request.Create(Authority, from, until, RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }
}
