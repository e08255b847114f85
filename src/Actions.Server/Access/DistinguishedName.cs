using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Actions.Server.Access;

/// <summary>The name of a certificate's owner, in one spelling: <c>CN=a,O=b</c> and <c>CN=a, O=b</c> are the
/// same.</summary>
internal static class DistinguishedName
{
    /// <returns>Null: the text is no distinguished name.</returns>
    public static string? Normalize(string text)
    {
        try
        {
            return new X500DistinguishedName(new X500DistinguishedName(text).RawData).Name;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
