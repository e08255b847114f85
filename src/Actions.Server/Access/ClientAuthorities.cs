using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Actions.Server.Configuration;

namespace Actions.Server.Access;

/// <summary>The certificate authorities that must have issued client certificates.</summary>
internal static class ClientAuthorities
{
    /// <returns>What is wrong with the file. Null: it has certificates.</returns>
    public static string? Wrong(string path)
    {
        if (SettingFile.Wrong(path) is { } wrong)
            return wrong;
        try
        {
            return Read(path).Count == 0 ? "has none" : null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return $"has one that can't be read ({e.Message.ReplaceLineEndings(" ").TrimEnd('.')})";
        }
    }

    public static X509Certificate2Collection Read(string path)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(path);
        return authorities;
    }
}
