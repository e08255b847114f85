using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace Actions.Server.Access;

/// <summary>Credentials in the configuration, in addition to the keys in the store (section <c>Access</c>).</summary>
internal sealed partial class AccessOptions : IValidatableObject
{
    public const string Section = "Access";
    public const string DefaultWorkspace = "default";

    private const int MinAdminKeyLength = 32;

    /// <summary>
    /// An API key with the role admin, valid as long as it is set: with it the first key can be created through the
    /// API. At least 32 characters; generate it with <c>openssl rand -hex 32</c>.
    /// </summary>
    public string AdminKey { get; set; } = "";

    /// <summary>The workspace of <see cref="AdminKey"/>.</summary>
    public string AdminWorkspace { get; set; } = DefaultWorkspace;

    /// <summary>
    /// A PEM file with the certificate authorities that must have issued client certificates (mutual TLS). Empty: the
    /// authorities that the operating system trusts.
    /// </summary>
    public string ClientCertificateAuthorities { get; set; } = "";

    /// <summary>Maps client certificates to a workspace and a role. The first mapping that matches is used.</summary>
    public IList<CertificateMapping> Certificates { get; } = [];

    /// <summary>
    /// TLS ends at a proxy in front: the server may listen without TLS on an address that isn't loopback.
    /// </summary>
    public bool TlsEndedByProxy { get; set; }

    public static bool IsWorkspace(string name) => WorkspaceName().IsMatch(name);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        // Printable ASCII, as in an HTTP header. The error texts must not contain any part of the key.
        if (AdminKey.Length > 0 && (AdminKey.Length < MinAdminKeyLength || AdminKey.Any(c => c is <= ' ' or > '~')))
            yield return new ValidationResult(
                $"{Section}:AdminKey must have at least {MinAdminKeyLength} characters, none of them a space or beyond ASCII.");
        if (!IsWorkspace(AdminWorkspace))
            yield return new ValidationResult($"{Section}:AdminWorkspace {WorkspaceRule}");
        if (ClientCertificateAuthorities.Length > 0 && ClientAuthorities.Wrong(
            ClientCertificateAuthorities) is { } file)
            yield return new ValidationResult(
                $"{Section}:ClientCertificateAuthorities must name a PEM file with a certificate; it {file}.");
        for (var i = 0; i < Certificates.Count; i++)
        {
            foreach (var wrong in Certificates[i].Wrong())
                yield return new ValidationResult($"{Section}:Certificates:{i}:{wrong}");
        }
    }

    internal const string WorkspaceRule = "must be 1 to 64 of a-z, 0-9, '-', '_' and '.', the first a letter or digit.";

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{0,63}\z")]
    private static partial Regex WorkspaceName();
}

/// <summary>One entry of <see cref="AccessOptions.Certificates"/>: exactly one of subject and name.</summary>
internal sealed class CertificateMapping
{
    /// <summary>The subject as OpenSSL and .NET write it: <c>CN=voice-engine, O=Acme</c>.</summary>
    public string Subject { get; set; } = "";

    /// <summary>
    /// A subject alternative name with its kind: <c>dns:voice.example.com</c>, <c>uri:spiffe://example.com/voice</c> or
    /// <c>email:voice@example.com</c> (RFC 5280, section 4.2.1.6).
    /// </summary>
    public string San { get; set; } = "";

    /// <summary>The workspace of the calls with this certificate.</summary>
    public string Workspace { get; set; } = AccessOptions.DefaultWorkspace;

    /// <summary><c>engine</c>, <c>editor</c> or <c>admin</c>.</summary>
    public string Role { get; set; } = "engine";

    internal IEnumerable<string> Wrong()
    {
        if (Subject.Length == 0 == (San.Length == 0))
            yield return "Subject or San must be set, and not both.";
        if (Subject.Length > 0 && DistinguishedName.Normalize(Subject) is null)
            yield return "Subject must be a distinguished name such as CN=voice-engine, O=Acme.";
        if (San.Length > 0 && !(San.Split(':', 2) is ["dns" or "uri" or "email", { Length: > 0 }]))
            yield return "San must begin with dns:, uri: or email:. A name must follow.";
        if (!AccessOptions.IsWorkspace(Workspace))
            yield return $"Workspace {AccessOptions.WorkspaceRule}";
        if (Roles.Parse(Role) == V1.Role.Unspecified)
            yield return "Role must be engine, editor or admin.";
    }
}
