using Actions.Engine.Limits;
using Actions.Storage;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Access;

/// <summary>A key on its way from who asks for it into the store.</summary>
/// <param name="Stored">What is kept.</param>
/// <param name="Text">What its owner gets, once.</param>
internal sealed record ApiKeyIssue(StoredApiKey Stored, string Text)
{
    private const int MaxDisplayName = 128;

    /// <param name="workspace">Whose.</param>
    /// <param name="wanted">Its display name, role and expiry; the rest is assigned.</param>
    /// <param name="path">Of <paramref name="wanted"/> in the request, with its dot.</param>
    /// <param name="now">When.</param>
    /// <exception cref="InvalidFieldsException">Something wanted can't be.</exception>
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
        // Version 7: ids grow with time, and so lists are in the order in which keys were made.
        key.Id = Guid.CreateVersion7(now).ToString("N");
        key.CreateTime = Timestamp.FromDateTimeOffset(now);
        key.RevokeTime = null;
        var text = ApiKeyText.Make(key.Id);
        return new ApiKeyIssue(new StoredApiKey(workspace, key, ApiKeyText.Digest(text)), text);
    }

    // A timestamp from outside may be none at all, e.g. with a billion nanoseconds and more.
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
