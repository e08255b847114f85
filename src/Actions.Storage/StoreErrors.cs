namespace Actions.Storage;

/// <summary>Base of the errors of <see cref="IActionStore"/> and <see cref="IApiKeyStore"/>. The messages contain no
/// text of a driver.</summary>
public abstract class StoreException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The workspace has no such action.</summary>
public sealed class ActionNotFoundException(string id) : StoreException($"There is no action with the id '{id}'.")
{
    /// <summary>The requested id.</summary>
    public string Id { get; } = id;
}

/// <summary>The workspace has no such API key.</summary>
public sealed class ApiKeyNotFoundException(string id) : StoreException($"There is no API key with the id '{id}'.")
{
    /// <summary>The requested id.</summary>
    public string Id { get; } = id;
}

/// <summary>An action of the workspace already has the id.</summary>
public sealed class IdTakenException(string id) : StoreException($"There is already an action with the id '{id}'.");

/// <summary>Another action of the workspace already has the name, regardless of case.</summary>
public sealed class NameTakenException(string name) : StoreException($"There is already an action named '{name}'.")
{
    /// <summary>The requested name.</summary>
    public string Name { get; } = name;
}

/// <summary>The etag is not the stored one: another client wrote in between.</summary>
public sealed class EtagMismatchException(string id, string storedEtag)
    : StoreException($"The action '{id}' was changed by another client. Read it again and repeat the change.")
{
    /// <summary>The action's id.</summary>
    public string Id { get; } = id;

    /// <summary>The currently stored etag.</summary>
    public string StoredEtag { get; } = storedEtag;
}

/// <summary>
/// The store can't be reached, is full, is locked or is damaged. The message of the inner exception describes the cause
/// for the log and the operator; it isn't sent to the client.
/// </summary>
/// <param name="isTransient">Whether the same settings may work later: a server on the network may recover, a file that
/// can't be opened won't.</param>
public sealed class StoreUnavailableException(Exception inner, bool isTransient = false)
    : StoreException("The store of the actions can't be reached.", inner)
{
    /// <summary>Whether start-up should wait for the store.</summary>
    public bool IsTransient { get; } = isTransient;
}
