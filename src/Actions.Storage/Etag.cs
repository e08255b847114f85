using System.Security.Cryptography;

namespace Actions.Storage;

/// <summary>Identifies one version of an action.</summary>
internal static class Etag
{
    /// <summary>Random, so that an etag is never used twice, not even after its action was deleted.</summary>
    public static string New() => RandomNumberGenerator.GetHexString(16, lowercase: true);
}
