using System.Security.Cryptography.X509Certificates;

namespace Actions.Client;

/// <summary>Options of an <see cref="ActionsClient"/>.</summary>
public sealed class ActionsClientOptions
{
    /// <summary>The API key, sent as <c>authorization: Bearer …</c>. Null: no key.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Default deadline of a call: 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The authorities that TLS trusts. Null: the system's authorities.</summary>
    public X509Certificate2Collection? CertificateAuthorities { get; init; }
}
