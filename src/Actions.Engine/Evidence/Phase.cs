namespace Actions.Engine.Evidence;

/// <summary>What an attempt is doing.</summary>
internal enum Phase : byte
{
    Queue,
    Authorize,
    Resolve,
    /// <summary>Opening a connection, or waiting for one.</summary>
    Connect,
    Tls,
    Send,
    Wait,
    Read,
    /// <summary>Nothing that is worth a phase.</summary>
    None,
}
