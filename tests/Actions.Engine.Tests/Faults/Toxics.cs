namespace Actions.Engine.Tests.Faults;

/// <summary>What a <see cref="FaultProxy"/> can do to a direction; each can be put over any other.</summary>
internal static class Toxics
{
    /// <summary>Everything comes later, the end included.</summary>
    public static Toxic Latency(TimeSpan by) => (next, _) => async (bytes, stop) =>
    {
        await Task.Delay(by, TimeProvider.System, stop);
        await next(bytes, stop);
    };

    public static Toxic Bandwidth(int bytesPerSecond) => (next, _) => async (bytes, stop) =>
    {
        await Task.Delay(TimeSpan.FromSeconds(bytes.Length / (double)bytesPerSecond), TimeProvider.System, stop);
        await next(bytes, stop);
    };

    /// <summary>Only the end comes later.</summary>
    public static Toxic SlowClose(TimeSpan by) => (next, _) => async (bytes, stop) =>
    {
        if (bytes.IsEmpty)
            await Task.Delay(by, TimeProvider.System, stop);
        await next(bytes, stop);
    };

    /// <summary>Nothing comes, and no end: what toxiproxy calls a time-out.</summary>
    public static Toxic Swallow() => (_, _) => async (bytes, stop) =>
    {
        if (bytes.IsEmpty)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
    };

    /// <summary>Ends both sides without the closing handshake.</summary>
    public static Toxic Reset() => (_, link) => (_, _) =>
    {
        link.Reset();
        throw new IOException("reset");
    };

    /// <summary>Tiny pieces, a pause after each.</summary>
    public static Toxic Slicer(int size, TimeSpan pause) => (next, _) => async (bytes, stop) =>
    {
        do
        {
            var piece = bytes[..Math.Min(size, bytes.Length)];
            await next(piece, stop);
            await Task.Delay(pause, TimeProvider.System, stop);
            bytes = bytes[piece.Length..];
        }
        while (!bytes.IsEmpty);
    };

    /// <summary>Closes after so many bytes.</summary>
    public static Toxic Limit(int bytes) => After(bytes, (_, link) => (_, _) =>
    {
        link.Close();
        throw new IOException("limit reached");
    });

    /// <summary>The first bytes pass as if nothing were.</summary>
    public static Toxic After(int bytes, Toxic toxic) => (next, link) =>
    {
        var left = bytes;
        var then = toxic(next, link);
        return async (chunk, stop) =>
        {
            var free = Math.Min(left, chunk.Length);
            if (free > 0 || left > 0)
                await next(chunk[..free], stop);
            left -= free;
            if (free < chunk.Length || (chunk.IsEmpty && left == 0))
                await then(chunk[free..], stop);
        };
    };
}
