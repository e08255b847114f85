using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Secrets;

/// <summary>
/// The key that encrypts the key ring (section <c>Secrets</c>). At most one of the first three settings may be set.
/// Without a key the ring is stored in the clear, which the server allows on loopback only.
/// </summary>
internal sealed class SecretsOptions : IValidatableObject
{
    public const string Section = "Secrets";

    /// <summary>The names of the first three settings, for messages.</summary>
    public const string Ways = $"{Section}:{nameof(KeyEncryptionKey)}, {Section}:{nameof(KeyEncryptionKeyFile)} or {Section}:{nameof(CertificatePath)}";

    /// <summary>32 random bytes in base64.</summary>
    public string KeyEncryptionKey { get; set; } = "";

    /// <summary>A file with the key in base64 or as 32 raw bytes. A trailing line end is ignored.</summary>
    public string KeyEncryptionKeyFile { get; set; } = "";

    /// <summary>An X.509 certificate with its RSA private key, in a PKCS #12 file or as PEM.</summary>
    public string CertificatePath { get; set; } = "";

    /// <summary>Password of the certificate's private key. Empty: no password.</summary>
    public string CertificatePassword { get; set; } = "";

    /// <summary>Earlier keys, for decryption only, until the key ring has been encrypted anew.</summary>
    public IList<string> PreviousKeyEncryptionKeys { get; set; } = [];

    /// <summary>Earlier keys as files.</summary>
    public IList<string> PreviousKeyEncryptionKeyFiles { get; set; } = [];

    /// <summary>Earlier keys as certificates.</summary>
    public IList<CertificateOptions> PreviousCertificates { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var wrong = new List<string>();
        using var keys = KeyEncryptionKeys.Read(this, wrong);
        return wrong.Select(text => new ValidationResult(text));
    }
}

/// <summary>One of <see cref="SecretsOptions.PreviousCertificates"/>.</summary>
internal sealed class CertificateOptions
{
    /// <summary>A PKCS #12 or PEM file.</summary>
    public string Path { get; set; } = "";

    /// <summary>Password of the private key. Empty: no password.</summary>
    public string Password { get; set; } = "";
}
