using System.ComponentModel.DataAnnotations;

namespace Actions.Server.Secrets;

/// <summary>
/// Under which key the key ring is encrypted (section <c>Secrets</c>): at most one of the first three. Without one the
/// ring is stored in the clear, which the server allows on loopback only.
/// </summary>
internal sealed class SecretsOptions : IValidatableObject
{
    public const string Section = "Secrets";

    /// <summary>How to give one, for messages.</summary>
    public const string Ways = $"{Section}:{nameof(KeyEncryptionKey)}, {Section}:{nameof(KeyEncryptionKeyFile)} or {Section}:{nameof(CertificatePath)}";

    /// <summary>32 random bytes in base64.</summary>
    public string KeyEncryptionKey { get; set; } = "";

    /// <summary>A file with the same, or with the 32 bytes themselves; a line end behind them is no part of
    /// it.</summary>
    public string KeyEncryptionKeyFile { get; set; } = "";

    /// <summary>An X.509 certificate with its RSA private key, in a PKCS #12 file or as PEM.</summary>
    public string CertificatePath { get; set; } = "";

    /// <summary>Of the private key. Empty: it has none.</summary>
    public string CertificatePassword { get; set; } = "";

    /// <summary>Keys that are read with, no longer written with: for as long as a change takes.</summary>
    public IList<string> PreviousKeyEncryptionKeys { get; set; } = [];

    /// <summary>The same as files.</summary>
    public IList<string> PreviousKeyEncryptionKeyFiles { get; set; } = [];

    /// <summary>The same as certificates.</summary>
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
    /// <summary>The file, PKCS #12 or PEM.</summary>
    public string Path { get; set; } = "";

    /// <summary>Of the private key. Empty: it has none.</summary>
    public string Password { get; set; } = "";
}
