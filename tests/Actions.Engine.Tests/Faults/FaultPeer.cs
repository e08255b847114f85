using System.Net.Sockets;
using System.Text;

namespace Actions.Engine.Tests.Faults;

/// <summary>A connection as a <see cref="FaultUpstream"/>'s script sees it.</summary>
internal sealed class FaultPeer(Socket socket, Stream stream, CancellationToken stop)
{
    private readonly byte[] _heard = new byte[2 * 1024];

    public Stream Stream => stream;

    public CancellationToken Stop => stop;

    /// <summary>Reads to the end of a small request without a body.</summary>
    /// <returns>Whether there was one.</returns>
    public async Task<bool> ReadRequestAsync()
    {
        var length = 0;
        while (!_heard.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            var read = await stream.ReadAsync(_heard.AsMemory(length), stop);
            if (read == 0)
                return false;
            length += read;
        }

        return true;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await stream.WriteAsync(bytes, stop);
        await stream.FlushAsync(stop);
    }

    /// <summary>The kernel takes little of what nobody reads here, so that the client's answers pile up at the
    /// client.</summary>
    public void TakeLittle() => socket.ReceiveBufferSize = 4 * 1024;

    /// <summary>Sends the same again and again until the client goes away.</summary>
    public async Task FloodAsync(ReadOnlyMemory<byte> bytes)
    {
        while (true)
            await stream.WriteAsync(bytes, stop);
    }

    /// <summary>Sends byte after byte.</summary>
    public async Task DripAsync(string text, TimeSpan pause)
    {
        foreach (var one in Encoding.UTF8.GetBytes(text))
        {
            await SendAsync(new[] { one });
            await Task.Delay(pause, TimeProvider.System, stop);
        }
    }

    /// <summary>Says nothing more until the client goes away.</summary>
    public async Task HoldAsync()
    {
        while (await stream.ReadAsync(_heard, stop) > 0)
        {
        }
    }

    /// <summary>Ends without the closing handshake: the client's next read or write fails.</summary>
    public void Reset() => Reset(socket);

    public static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }
}
