using System.IO.Compression;

namespace Actions.Engine.Tests.Faults;

/// <summary>
/// Bodies that inflate to 10 GiB. Nobody has the time to compress that much: what a compressor makes of one block of
/// zeros among others is repeated as often as it takes, which decompressors can't tell from the real thing.
/// </summary>
internal static class Bombs
{
    public const long Inflated = 10L << 30;

    private const int Block = 16 << 20;

    private static readonly Lazy<Repeated> LazyGzip = new(() => Repeat(to => new GZipStream(to, CompressionLevel.SmallestSize, leaveOpen: true)));

    private static readonly Lazy<Repeated> LazyBrotli = new(() => Repeat(to => new BrotliStream(to, new BrotliCompressionOptions { Quality = 5 }, leaveOpen: true)));

    public static Repeated Gzip => LazyGzip.Value;

    public static Repeated Brotli => LazyBrotli.Value;

    public static Func<FaultPeer, Task> Send(string encoding, Repeated bomb) => async peer =>
    {
        await peer.ReadRequestAsync();
        await peer.SendAsync($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: {encoding}\r\n\r\n");
        await peer.SendAsync(bomb.First);
        for (var block = 1; block < Inflated / Block; block++)
            await peer.SendAsync(bomb.Next);
    };

    /// <summary>Blocks of no bytes, again and again: data that never becomes any.</summary>
    public static async Task SendNothing(FaultPeer peer)
    {
        // RFC 1952 section 2.3, then RFC 1951 section 3.2.4: a stored block of length 0 that is not the last.
        await peer.ReadRequestAsync();
        await peer.SendAsync("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n");
        await peer.SendAsync((byte[])[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
        await peer.FloodAsync((byte[])[.. Enumerable.Repeat((byte[])[0, 0, 0, 0xff, 0xff], 10_000).SelectMany(block => block)]);
    }

    private static Repeated Repeat(Func<Stream, Stream> compressor)
    {
        var to = new MemoryStream();
        using var from = compressor(to);
        var ends = new List<long>();
        for (var block = 0; block < 3; block++)
        {
            from.Write(new byte[Block]);
            from.Flush();
            ends.Add(to.Length);
        }

        var all = to.ToArray();
        return new Repeated(all.AsMemory(0, (int)ends[0]), all.AsMemory((int)ends[1], (int)(ends[2] - ends[1])));
    }

    /// <summary>A first block, and one that may follow any number of times.</summary>
    internal sealed record Repeated(ReadOnlyMemory<byte> First, ReadOnlyMemory<byte> Next);
}
