using System.Security.Cryptography;

namespace Actions.Storage;

/// <summary>What tells one version of an action from every other.</summary>
internal static class Etag
{
    /// <summary>Random, so that an etag never comes back, not even that of a deleted action.</summary>
    public static string New() => RandomNumberGenerator.GetHexString(16, lowercase: true);
}
