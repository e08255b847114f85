using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actions.Server.Tests.Secrets;

/// <summary>Key-encryption keys, made for one test.</summary>
internal static class TestKeys
{
    public static string Base64() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    /// <summary>Settings that name a new key in each way there is.</summary>
    /// <param name="way">Which.</param>
    /// <param name="folder">For its files.</param>
    public static Dictionary<string, string> Settings(string way, string folder)
    {
        var path = Path.Combine(folder, Guid.NewGuid().ToString("N"));
        switch (way)
        {
            case "key":
                return new() { ["Secrets:KeyEncryptionKey"] = Base64() };
            case "base64 file":
                File.WriteAllText(path, Base64() + "\n");
                return new() { ["Secrets:KeyEncryptionKeyFile"] = path };
            case "raw file":
                File.WriteAllBytes(path, RandomNumberGenerator.GetBytes(32));
                return new() { ["Secrets:KeyEncryptionKeyFile"] = path };
            case "PKCS #12":
                using (var certificate = Certificate())
                    File.WriteAllBytes(path, certificate.Export(X509ContentType.Pkcs12, "pass w0rd"));
                return new() { ["Secrets:CertificatePath"] = path, ["Secrets:CertificatePassword"] = "pass w0rd" };
            case "PEM":
                using (var certificate = Certificate())
                    File.WriteAllText(path, $"{certificate.ExportCertificatePem()}\n{certificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()}\n");
                return new() { ["Secrets:CertificatePath"] = path };
            default:
                throw new ArgumentOutOfRangeException(nameof(way), way, null);
        }
    }

    /// <summary>The same key as one that is only read with.</summary>
    public static Dictionary<string, string> AsPrevious(Dictionary<string, string> settings) => settings.ToDictionary(
        setting => setting.Key switch
        {
            "Secrets:KeyEncryptionKey" => "Secrets:PreviousKeyEncryptionKeys:0",
            "Secrets:KeyEncryptionKeyFile" => "Secrets:PreviousKeyEncryptionKeyFiles:0",
            "Secrets:CertificatePath" => "Secrets:PreviousCertificates:0:Path",
            _ => "Secrets:PreviousCertificates:0:Password",
        },
        setting => setting.Value);

    public static X509Certificate2 Certificate(int bits = 2_048)
    {
        using var key = RSA.Create(bits);
        var now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest("CN=key ring", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)
            .CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
