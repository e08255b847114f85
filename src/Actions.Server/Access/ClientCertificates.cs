using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;
using Actions.Server.Errors;
using Microsoft.Extensions.Options;

namespace Actions.Server.Access;

/// <summary>Maps a client certificate (mutual TLS) to workspace and role. Kestrel has validated the chain.</summary>
internal sealed class ClientCertificates(IOptions<AccessOptions> options)
{
    private const string SubjectAlternativeName = "2.5.29.17";

    private readonly (CertificateMapping Mapping, string? Subject)[] _mappings =
        [.. options.Value.Certificates.Select(mapping => (mapping, DistinguishedName.Normalize(mapping.Subject)))];

    public bool Any => _mappings.Length > 0;

    /// <exception cref="CredentialsInvalidException">No mapping matches the certificate.</exception>
    public ClientIdentity ClientOf(X509Certificate2 certificate)
    {
        var names = NamesOf(certificate);
        var (mapping, _) = Array.Find(_mappings, known => known.Mapping.Subject.Length > 0
            ? known.Subject == certificate.SubjectName.Name
            : names.Contains(known.Mapping.San));
        return mapping is null
            ? throw new CredentialsInvalidException("The client certificate belongs to no workspace.")
            : new ClientIdentity(mapping.Workspace, Roles.Parse(mapping.Role));
    }

    // GeneralNames ::= SEQUENCE OF GeneralName (RFC 5280, section 4.2.1.6).
    private static HashSet<string> NamesOf(X509Certificate2 certificate)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        if (certificate.Extensions[SubjectAlternativeName] is not { } extension)
            return names;
        try
        {
            var sequence = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (sequence.HasData)
            {
                var tag = sequence.PeekTag();
                var kind = tag.TagValue switch { 1 => "email:", 2 => "dns:", 6 => "uri:", _ => null };
                if (kind is not null)
                    names.Add(kind + sequence.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                else
                    sequence.ReadEncodedValue();
            }
        }
        catch (AsnContentException e)
        {
            throw new CredentialsInvalidException($"The subject alternative names of the client certificate can't be read. {e.Message}");
        }

        return names;
    }
}
