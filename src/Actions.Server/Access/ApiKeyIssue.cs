using Actions.Engine.Limits;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Access;

/// <summary>A new key.</summary>
/// <param name="Stored">The record for the store, without the secret.</param>
/// <param name="Text">The full key, which is shown to its owner once.</param>
internal sealed record ApiKeyIssue(StoredApiKey Stored, string Text)
{
    private const int MaxDisplayName = 128;

    /// <param name="wanted">Display name, role and expiry; every other field is assigned here.</param>
    /// <param name="path">Path of <paramref name="wanted"/> in the request, with a trailing dot, for error
    /// texts.</param>
    /// <exception cref="InvalidFieldsException">The role, the display name or the expiry is invalid.</exception>
    public static ApiKeyIssue Make(string workspace, CallerKey wanted, string path, DateTimeOffset now)
    {
        if (wanted.Role is not (Role.Engine or Role.Editor or Role.Admin))
            throw new InvalidFieldsException($"{path}role", "must be ROLE_ENGINE, ROLE_EDITOR or ROLE_ADMIN.");
        if (wanted.DisplayName.Length > MaxDisplayName || wanted.DisplayName.Any(char.IsControl))
            throw new InvalidFieldsException(
                $"{path}display_name", $"must have at most {MaxDisplayName} characters, and no control characters.");
        if (wanted.ExpireTime is { } expiry && !IsAfter(expiry, now))
            throw new InvalidFieldsException($"{path}expire_time", "must be in the future, or unset.");

        var key = wanted.Clone();
        // Version 7: ids grow with time, so lists are in the order of creation.
        key.Id = Guid.CreateVersion7(now).ToString("N");
        key.CreateTime = Timestamp.FromDateTimeOffset(now);
        key.RevokeTime = null;
        var text = ApiKeyText.Make(key.Id);
        return new ApiKeyIssue(new StoredApiKey(workspace, key, ApiKeyText.Digest(text)), text);
    }

    // A client can send an invalid timestamp, e.g. with a billion nanoseconds or more.
    private static bool IsAfter(Timestamp time, DateTimeOffset now)
    {
        try
        {
            return time.ToDateTimeOffset() > now;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
