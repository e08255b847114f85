using System.Security.Cryptography.X509Certificates;

namespace Actions.Client;

/// <summary>What an <see cref="ActionsClient"/> may be told.</summary>
public sealed class ActionsClientOptions
{
    /// <summary>Sent as <c>authorization: Bearer …</c>. Null: none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The deadline of every call that names none.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whose certificates are trusted, for TLS. Null: the system's authorities.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }
}
