using System.Buffers.Binary;

namespace Actions.Engine.Tests.Faults;

/// <summary>Just enough of RFC 9113 to misbehave in it.</summary>
internal sealed class Http2Peer
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte RstStream = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte Continuation = 9;
    public const byte EndStream = 0x1;
    public const byte Ack = 0x1;
    public const byte EndHeaders = 0x4;
    public const int InitialWindow = 65_535;
    public const uint NoError = 0;
    public const uint InternalError = 2;
    public const uint RefusedStream = 7;

    private readonly FaultPeer _peer;

    private Http2Peer(FaultPeer peer) => _peer = peer;

    /// <summary>:status 200 and content-type application/json, RFC 7541 appendix A.</summary>
    public static ReadOnlyMemory<byte> Ok { get; } = (byte[])[0x88, 0x0f, 16, 16, .. "application/json"u8];

    /// <summary>:status 103.</summary>
    public static ReadOnlyMemory<byte> EarlyHints { get; } = (byte[])[0x08, 3, .. "103"u8];

    public FaultPeer Plain => _peer;

    public static async Task<Http2Peer> BeginAsync(FaultPeer peer)
    {
        await peer.Stream.ReadExactlyAsync(new byte[24], peer.Stop);
        return new Http2Peer(peer);
    }

    /// <summary>Says what a server says first, then reads until a request's headers.</summary>
    /// <returns>The request's stream.</returns>
    public async Task<int> ReadRequestAsync()
    {
        await SendAsync(Settings, 0, 0, default);
        return await NextRequestAsync();
    }

    /// <param name="silently">Leaves what the client says meanwhile without the answers that it is due.</param>
    public async Task<int> NextRequestAsync(bool silently = false)
    {
        while (true)
        {
            var (type, flags, stream, payload) = await ReadFrameAsync();
            if (type == Headers)
                return stream;
            if (!silently && (type is Settings or Ping) && (flags & Ack) == 0)
                await SendAsync(type, Ack, 0, type == Ping ? payload : default);
        }
    }

    /// <summary>Reads until the client takes more of a stream than before.</summary>
    /// <returns>How many bytes more; 0: it wants no more of it at all.</returns>
    public async Task<int> WindowUpdateAsync(int wanted)
    {
        while (true)
        {
            var (type, _, stream, payload) = await ReadFrameAsync();
            if (stream == wanted && type is WindowUpdate or RstStream)
                return type == RstStream ? 0 : BinaryPrimitives.ReadInt32BigEndian(payload);
        }
    }

    public Task SendAsync(byte type, byte flags, int stream, ReadOnlyMemory<byte> payload) =>
        _peer.SendAsync(Frame(type, flags, stream, payload.Span));

    public Task GoAwayAsync(int lastStream, uint error) =>
        SendAsync(GoAway, 0, 0, (byte[])[.. BigEndian((uint)lastStream), .. BigEndian(error)]);

    public Task ResetStreamAsync(int stream, uint error) => SendAsync(RstStream, 0, stream, BigEndian(error));

    /// <summary>Sends the same frame again and again until the client goes away.</summary>
    public Task FloodAsync(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        var frame = Frame(type, flags, stream, payload);
        return _peer.FloodAsync((byte[])[.. Enumerable.Repeat(frame, (32 << 10) / frame.Length).SelectMany(one => one)]);
    }

    public static byte[] Frame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload) =>
        [.. BigEndian((uint)payload.Length).AsSpan(1), type, flags, .. BigEndian((uint)stream), .. payload];

    private async Task<(byte Type, byte Flags, int Stream, byte[] Payload)> ReadFrameAsync()
    {
        var header = new byte[9];
        await _peer.Stream.ReadExactlyAsync(header, _peer.Stop);
        var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
        await _peer.Stream.ReadExactlyAsync(payload, _peer.Stop);
        return (header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
    }

    private static byte[] BigEndian(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}
