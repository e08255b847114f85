using System.Buffers;

namespace Actions.Engine.Outbound;

/// <summary>Step 6: reads a body, never more than a cap of it, whatever its length claims to be.</summary>
internal static class CappedBody
{
    /// <returns>At most <paramref name="cap"/> bytes, and whether there is more.</returns>
    public static async Task<(ReadOnlyMemory<byte> Bytes, bool Truncated)> ReadAsync(
        HttpContent content, int cap, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var bytes = new ArrayBufferWriter<byte>();
        while (true)
        {
            // One byte over the cap tells that there is more.
            var wanted = Math.Min(cap + 1 - bytes.WrittenCount, 16 * 1024);
            var read = await stream.ReadAsync(bytes.GetMemory(wanted)[..wanted], cancellationToken).ConfigureAwait(false);
            if (read == 0)
                return (bytes.WrittenMemory, false);
            bytes.Advance(read);
            if (bytes.WrittenCount > cap)
                return (bytes.WrittenMemory[..cap], true);
        }
    }
}
