namespace Actions.Server.Errors;

/// <summary>The workspace has no action of that name.</summary>
internal sealed class ActionNameNotFoundException(string name) : Exception($"There is no action named '{name}'.")
{
    public string Name { get; } = name;
}

/// <summary>The workspace has no such execution of a call, or it has expired.</summary>
internal sealed class ExecutionNotFoundException(string id) : Exception($"There is no execution with the id '{id}'.")
{
    public string Id { get; } = id;
}

/// <summary>Nothing is known of the call, or it has expired.</summary>
internal sealed class CallNotFoundException(string callId) : Exception($"Nothing is known of the call '{callId}'.")
{
    public string CallId { get; } = callId;
}

/// <summary>The action exists, but is disabled.</summary>
internal sealed class ActionDisabledException(string id) : Exception($"The action '{id}' is disabled.")
{
    public string Id { get; } = id;
}

/// <summary>A stored secret can't be decrypted: the key ring is not the one that it was saved with.</summary>
internal sealed class SecretUnreadableException(string id, string field, Exception cause) : Exception(
    $"The secret {field} of the action '{id}' can't be decrypted with the server's keys. Save it again, or restore the "
    + "keys.",
    cause)
{
    public string Id { get; } = id;

    /// <summary>Path of the secret within the action.</summary>
    public string Field { get; } = field;
}

/// <summary>The settings say that nothing is recorded.</summary>
internal sealed class HistoryOffException() : Exception("This server keeps no history: History:Level is off.");

/// <summary>The database of the history, which no execution needs.</summary>
internal sealed class HistoryUnavailableException(Exception cause) : Exception("The history can't be reached.", cause);
