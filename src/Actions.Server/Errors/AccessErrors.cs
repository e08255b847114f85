namespace Actions.Server.Errors;

/// <summary>The call has no credentials.</summary>
internal sealed class CredentialsMissingException() : Exception(
    "Credentials are missing. Send an API key in the metadata: 'authorization: Bearer <key>'.");

/// <summary>The call's credentials are wrong, or no longer valid.</summary>
internal sealed class CredentialsInvalidException(string message) : Exception(message);

/// <summary>The client is authenticated, but its role doesn't allow the method.</summary>
internal sealed class RoleInsufficientException(string role) : Exception(
    $"This needs the role '{role}'. Use a key that has it.")
{
    public string Role { get; } = role;
}

/// <summary>A workspace or a client's address makes too many calls per second, or too many concurrent ones.</summary>
internal sealed class LimitReachedException(string who, string limit, TimeSpan retryAfter) : Exception(
    $"{who} has reached its limit of {limit}. Try again in {retryAfter.TotalMilliseconds:0} ms.")
{
    /// <summary>E.g. <c>The workspace</c>.</summary>
    public string Who { get; } = who;

    /// <summary>E.g. <c>1000 calls per second</c>.</summary>
    public string Limit { get; } = limit;

    public TimeSpan RetryAfter { get; } = retryAfter;
}
