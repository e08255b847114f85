namespace Actions.Server.Errors;

/// <summary>The call says nothing about who makes it.</summary>
internal sealed class CredentialsMissingException() : Exception(
    "Credentials are missing. Send an API key in the metadata: 'authorization: Bearer <key>'.");

/// <summary>What the call says about who makes it isn't true, or no longer.</summary>
internal sealed class CredentialsInvalidException(string message) : Exception(message);

/// <summary>The caller is known, but may not do this.</summary>
internal sealed class RoleInsufficientException(string role) : Exception(
    $"This needs the role '{role}'. Use a key that has it.")
{
    public string Role { get; } = role;
}

/// <summary>The workspace calls too often, or too much at once.</summary>
internal sealed class LimitReachedException(string limit, TimeSpan retryAfter) : Exception(
    $"The workspace has reached its limit of {limit}. Try again in {retryAfter.TotalMilliseconds:0} ms.")
{
    /// <summary>E.g. <c>1000 calls per second</c>.</summary>
    public string Limit { get; } = limit;

    public TimeSpan RetryAfter { get; } = retryAfter;
}
