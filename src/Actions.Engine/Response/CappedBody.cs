namespace Actions.Engine.Response;

/// <summary>
/// Step 6: reads a body up to a cap, whatever its declared length. The body is kept in pieces while it arrives: a
/// buffer that doubles would hold up to three times the cap.
/// </summary>
internal sealed class CappedBody
{
    // Enough for most responses. Each further piece doubles, up to the runtime's limit for large objects.
    private const int FirstPiece = 4 << 10;
    private const int LargestPiece = 64 << 10;

    private readonly int _cap;
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private int _length;

    private CappedBody(int cap) => _cap = cap;

    /// <summary>Whether the body was longer than the cap.</summary>
    public bool Truncated => _length > _cap;

    public static async Task<CappedBody> ReadAsync(HttpContent content, int cap, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var body = new CappedBody(cap);
        // A body with a declared length fits into one piece, with room to detect its end, unless the length exceeds the
        // cap.
        var size = content.Headers.ContentLength is { } stated && stated <= cap ? (int)stated + 1 : FirstPiece;
        while (await body.FillAsync(stream, size, cancellationToken).ConfigureAwait(false))
            size = Math.Clamp(2 * size, FirstPiece, LargestPiece);
        return body;
    }

    /// <returns>The whole body, or its beginning up to the cap.</returns>
    public ReadOnlyMemory<byte> ToBytes()
    {
        if (_pieces is [var only] && !Truncated)
            return only;
        var bytes = new byte[Math.Min(_length, _cap)];
        var at = 0;
        foreach (var piece in _pieces)
        {
            var part = piece.Span[..Math.Min(piece.Length, bytes.Length - at)];
            part.CopyTo(bytes.AsSpan(at));
            at += part.Length;
        }

        return bytes;
    }

    /// <returns>Whether there may be more to read.</returns>
    private async Task<bool> FillAsync(Stream stream, int size, CancellationToken cancellationToken)
    {
        // One byte over the cap shows that the body is longer.
        var piece = new byte[Math.Min(size, _cap + 1 - _length)];
        var read = await stream.ReadAtLeastAsync(piece, piece.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read > 0)
            _pieces.Add(piece.AsMemory(0, read));
        _length += read;
        return read == piece.Length && !Truncated;
    }
}
