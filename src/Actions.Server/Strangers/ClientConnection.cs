using Microsoft.AspNetCore.Connections;

namespace Actions.Server.Strangers;

/// <summary>A connection, as its calls see it. Each connection begins as a stranger's.</summary>
internal sealed class ClientConnection(ConnectionContext connection, Action<ClientConnection> admitted)
{
    private volatile bool _hasRequest;

    /// <summary>Its place among the strangers; it has none once it carried a call with valid credentials.</summary>
    internal Crowd<ClientConnection>.Member? Place { get; set; }

    /// <summary>Whether it has left the strangers because a call had valid credentials.</summary>
    public bool IsAdmitted { get; internal set; }

    /// <summary>Whether a request has arrived on it.</summary>
    public bool HasRequest
    {
        get => _hasRequest;
        set => _hasRequest = value;
    }

    /// <summary>A call on it had valid credentials: from now on it has a place of its own.</summary>
    public void Admit()
    {
        if (Place is not null)
            admitted(this);
    }

    public void Close(string why) => connection.Abort(new ConnectionAbortedException(why));
}
