using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Actions.Testing;

/// <summary>One connection to a <see cref="RawUpstream"/>, as its script sees it.</summary>
public sealed class RawConnection
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly Action<RawRequest> _record;
    private readonly CancellationToken _stop;
    private readonly List<byte> _ahead = [];

    internal RawConnection(int number, Socket socket, Stream stream, Action<RawRequest> record, CancellationToken stop)
    {
        Number = number;
        _socket = socket;
        _stream = stream;
        _record = record;
        _stop = stop;
    }

    /// <summary>1 for the upstream's first.</summary>
    public int Number { get; }

    /// <summary>Null: the client has closed the connection.</summary>
    public async Task<RawRequest?> ReadRequestAsync()
    {
        if (await ReadUntilAsync("\r\n\r\n") is not { } head)
            return null;
        var request = RawRequest.ParseHead(head);
        var body = new List<byte>();
        if (request.Header("Transfer-Encoding") == "chunked")
            await ReadChunksAsync(body);
        else if (request.Header("Content-Length") is { } length)
            body.AddRange(await ReadAsync(int.Parse(length, NumberStyles.None, CultureInfo.InvariantCulture)));
        request = request with { Body = [.. body] };
        _record(request);
        return request;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await _stream.WriteAsync(bytes, _stop);
        await _stream.FlushAsync(_stop);
    }

    /// <summary>Says nothing more until the client goes away.</summary>
    public async Task HoldAsync()
    {
        while (await FillAsync())
        {
        }
    }

    /// <summary>Ends without the closing handshake: the client's next read or write fails.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    private async Task ReadChunksAsync(List<byte> body)
    {
        while (true)
        {
            var line = Encoding.ASCII.GetString(await ReadUntilAsync("\r\n") ?? throw new EndOfStreamException());
            var size = int.Parse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            body.AddRange(await ReadAsync(size));
            if ((await ReadAsync(2)) is not [(byte)'\r', (byte)'\n'])
                throw new FormatException("a chunk is longer than it says");
            if (size == 0)
                return;
        }
    }

    /// <summary>Takes everything before the mark, and the mark itself. Null: the client closed before it said a
    /// word.</summary>
    private async Task<byte[]?> ReadUntilAsync(string mark)
    {
        while (true)
        {
            var at = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ahead).IndexOf(Encoding.ASCII.GetBytes(mark));
            if (at >= 0)
            {
                var found = _ahead[..at].ToArray();
                _ahead.RemoveRange(0, at + mark.Length);
                return found;
            }

            if (!await FillAsync())
                return _ahead.Count == 0 ? null : throw new EndOfStreamException("the client closed in the middle of a request");
        }
    }

    private async Task<byte[]> ReadAsync(int count)
    {
        while (_ahead.Count < count)
            if (!await FillAsync())
                throw new EndOfStreamException("the client closed in the middle of a body");
        var taken = _ahead[..count].ToArray();
        _ahead.RemoveRange(0, count);
        return taken;
    }

    private async Task<bool> FillAsync()
    {
        var buffer = new byte[16 * 1024];
        try
        {
            var read = await _stream.ReadAsync(buffer, _stop);
            _ahead.AddRange(buffer.AsSpan(0, read));
            return read > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
