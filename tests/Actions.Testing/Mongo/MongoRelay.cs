using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using MongoDB.Bson;

namespace Actions.Testing.Mongo;

/// <summary>The way to a MongoDB server, which a test can cut, freeze and mend.</summary>
internal sealed class MongoRelay : IAsyncDisposable
{
    private readonly (string Host, int Port) _target;
    private readonly string _credentials;
    private readonly ConcurrentDictionary<Socket, byte> _sockets = new();
    private readonly CancellationTokenSource _disposed = new();
    private readonly Action<MongoRelay, BsonDocument>? _greet;
    private readonly Socket _reserved;
    private readonly IPEndPoint _endpoint;
    private volatile TaskCompletionSource _thawed = Thawed();
    private volatile bool _elects;
    private Socket? _listener;
    private int _connections;

    /// <param name="uri">Of the server; its first host counts.</param>
    /// <param name="open">Whether the way is there from the start.</param>
    /// <param name="greet">What the server says of itself, changed. Null: as it is.</param>
    public MongoRelay(string uri, bool open = true, Action<MongoRelay, BsonDocument>? greet = null)
    {
        _greet = greet;
        var url = new MongoDB.Driver.MongoUrl(uri);
        _target = (url.Server.Host, url.Server.Port);
        var authority = uri[(uri.IndexOf("//", StringComparison.Ordinal) + 2)..].Split('/')[0];
        _credentials = authority.Contains('@', StringComparison.Ordinal) ? authority[..(authority.LastIndexOf('@') + 1)] : "";
        // A port of its own for as long as it lives: bound also while nobody listens.
        _reserved = Bound(new IPEndPoint(IPAddress.Loopback, 0));
        _endpoint = (IPEndPoint)_reserved.LocalEndPoint!;
        if (open)
            Mend();
    }

    /// <summary>Where it listens.</summary>
    public string Host => _endpoint.ToString();

    /// <summary>Name and password with an @, if any.</summary>
    public string Credentials => _credentials;

    /// <summary>The server by way of this relay. Not through the replica set: its members would be connected to
    /// directly.</summary>
    public string Uri => $"mongodb://{_credentials}{_endpoint}/?directConnection=true";

    /// <summary>How often somebody has connected.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Ends all connections; new ones are refused.</summary>
    public void Cut()
    {
        _listener?.Dispose();
        _listener = null;
        Break();
    }

    /// <summary>Ends all connections; new ones are welcome.</summary>
    public void Break()
    {
        foreach (var socket in _sockets.Keys)
            socket.Dispose();
    }

    /// <summary>Connections stay, and are made, but nothing passes.</summary>
    public void Freeze() => _thawed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>
    /// As a member of a replica set that isn't the primary any more: it answers, and refuses every command
    /// (https://www.mongodb.com/docs/manual/reference/error-codes/, NotWritablePrimary).
    /// </summary>
    public void Elect() => _elects = true;

    /// <summary>Everything passes again.</summary>
    public void Mend()
    {
        _elects = false;
        _thawed.TrySetResult();
        if (_listener is not null)
            return;
        var listener = Bound(_endpoint);
        listener.Listen();
        _listener = listener;
        _ = AcceptAsync(listener);
    }

    public ValueTask DisposeAsync()
    {
        _disposed.Cancel();
        Cut();
        _reserved.Dispose();
        _thawed.TrySetResult();
        return ValueTask.CompletedTask;
    }

    private static Socket Bound(IPEndPoint endpoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // Several may be bound to it, of which one listens.
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(endpoint);
        return socket;
    }

    private async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                var caller = await listener.AcceptAsync(_disposed.Token);
                Interlocked.Increment(ref _connections);
                _ = RelayAsync(caller);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Cut.
        }
    }

    private async Task RelayAsync(Socket caller)
    {
        var server = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        caller.NoDelay = true;
        _sockets[caller] = _sockets[server] = 0;
        try
        {
            await server.ConnectAsync(_target.Host, _target.Port, _disposed.Token);
            var greetings = new ConcurrentDictionary<int, byte>();
            await Task.WhenAny(AskAsync(caller, server, greetings), AnswerAsync(server, caller, greetings));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Either side is gone.
        }
        finally
        {
            foreach (var socket in (Socket[])[caller, server])
            {
                _sockets.TryRemove(socket, out _);
                socket.Dispose();
            }
        }
    }

    /// <summary>From the driver to the server, message by message.</summary>
    private async Task AskAsync(Socket from, Socket to, ConcurrentDictionary<int, byte> greetings)
    {
        try
        {
            while (await MongoMessage.ReadAsync(from, _disposed.Token) is { } message)
            {
                await _thawed.Task;
                if (message.IsGreeting)
                    greetings[message.RequestId] = 0;
                if (_elects && !message.IsGreeting)
                    await SendAsync(from, message.Refusal(code: 10107, "NotWritablePrimary", "not primary"));
                else
                    await SendAsync(to, message.Bytes);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Either side is gone.
        }
    }

    private async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[await to.SendAsync(bytes, _disposed.Token)..];
    }

    /// <summary>And back.</summary>
    private async Task AnswerAsync(Socket from, Socket to, ConcurrentDictionary<int, byte> greetings)
    {
        try
        {
            while (await MongoMessage.ReadAsync(from, _disposed.Token) is { } message)
            {
                await _thawed.Task;
                if (greetings.TryRemove(message.ResponseTo, out _) && _greet is not null)
                    message = message.With(document => _greet(this, document));
                await SendAsync(to, message.Bytes);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Either side is gone.
        }
    }

    private static TaskCompletionSource Thawed()
    {
        var thawed = new TaskCompletionSource();
        thawed.SetResult();
        return thawed;
    }
}
