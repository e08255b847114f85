using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Actions.Server.Access;

/// <summary>
/// The format of a key: <c>ak_</c>, its id in 32 hexadecimal digits, <c>_</c> and 32 random bytes in base64url (RFC
/// 4648, section 5). The prefix lets secret scanners find keys that were committed to a repository by mistake.
/// </summary>
internal static partial class ApiKeyText
{
    private const int SecretBytes = 32;

    public static string Make(string id) =>
        $"ak_{id}_{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes))}";

    public static bool IsId(string text) => Id().IsMatch(text);

    /// <returns>The id in the text, or null if the text doesn't have the format of a key.</returns>
    public static string? IdOf(string text) =>
        Shape().Match(text) is { Success: true } match ? match.Groups["id"].Value : null;

    /// <remarks>A salt or a slow hash adds nothing to a secret of 256 random bits.</remarks>
    public static byte[] Digest(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    [GeneratedRegex(@"^[0-9a-f]{32}\z")]
    private static partial Regex Id();

    [GeneratedRegex(@"^ak_(?<id>[0-9a-f]{32})_[A-Za-z0-9_-]{43}\z")]
    private static partial Regex Shape();
}
