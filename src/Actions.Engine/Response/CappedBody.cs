using Actions.Engine.Decoding;

namespace Actions.Engine.Response;

/// <summary>
/// Step 6: reads a body up to a cap, whatever its declared length, and removes its content codings. The body is kept in
/// pieces while it arrives: a buffer that doubles would hold up to three times the cap.
/// </summary>
internal sealed class CappedBody
{
    // Enough for most responses. Each further piece doubles, up to the runtime's limit for large objects.
    private const int FirstPiece = 4 << 10;
    private const int LargestPiece = 64 << 10;

    private readonly int _cap;
    private readonly List<ReadOnlyMemory<byte>> _pieces = [];
    private int _length;
    private bool _cut;

    private CappedBody(int cap) => _cap = cap;

    private CappedBody(CappedBody other) => (_cap, _pieces, _length) = (other._cap, other._pieces, other._length);

    /// <summary>Whether the body was longer than the cap.</summary>
    public bool Truncated => _length > _cap || _cut;

    /// <summary>Why the body can't be decoded; null if it can. Quotes nothing of it.</summary>
    public string? Undecodable { get; private init; }

    /// <summary>The content codings that the response states and the body doesn't have; null if there are
    /// none.</summary>
    public string? Mislabelled { get; private set; }

    /// <exception cref="HttpIOException">The body broke off.</exception>
    public static async Task<CappedBody> ReadAsync(HttpContent content, int cap, CancellationToken cancellationToken)
    {
        await using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        // A body with a declared length fits into one piece, with room to detect its end, unless the length exceeds the
        // cap.
        var size = content.Headers.ContentLength is { } stated && stated <= cap ? (int)stated + 1 : FirstPiece;
        var body = await FillAsync(new CappedBody(cap), stream, size, cancellationToken).ConfigureAwait(false);
        var codings = body._length == 0 ? [] : ContentCodings.Of(content);
        if (codings.FirstOrDefault(coding => !ContentCodings.CanDecode(coding)) is { } unknown)
            return new CappedBody(body)
            {
                Undecodable = $"its content encoding is '{unknown}', "
                    + $"which isn't one of those that were asked for ({ContentCodings.Accepted})",
            };

        foreach (var coding in codings.Reverse())
            body = await DecodeAsync(body, coding, cancellationToken).ConfigureAwait(false);
        return body;
    }

    private static async Task<CappedBody> DecodeAsync(
        CappedBody body, string coding, CancellationToken cancellationToken)
    {
        if (body._length == 0 || body.Undecodable is not null)
            return body;
        var encoded = body.ToBytes();
        var decoded = new CappedBody(body._cap) { Mislabelled = body.Mislabelled };
        try
        {
            await using var decoder = ContentCodings.Decode(encoded, coding);
            await FillAsync(decoded, decoder, FirstPiece, cancellationToken).ConfigureAwait(false);
        }
        // A proxy may have decoded the body and left the header.
        catch (Exception e) when (ContentCodings.IsBroken(e) && ContentCodings.IsText(encoded.Span))
        {
            body.Mislabelled = body.Mislabelled is { } others ? $"{coding}, {others}" : coding;
            return body;
        }
        // The end was cut off here, not by the API.
        catch (Exception e) when (ContentCodings.IsBroken(e) && body.Truncated)
        {
        }
        catch (Exception e) when (ContentCodings.IsBroken(e))
        {
            return new CappedBody(body) { Undecodable = $"its content encoding '{coding}' is broken" };
        }

        decoded._cut = body.Truncated;
        return decoded;
    }

    /// <returns>The whole body, or its beginning up to the cap.</returns>
    public ReadOnlyMemory<byte> ToBytes()
    {
        if (_pieces is [var only] && !Truncated)
            return only;
        var bytes = new byte[Math.Min(_pieces.Sum(piece => piece.Length), _cap)];
        var at = 0;
        foreach (var piece in _pieces)
        {
            var part = piece.Span[..Math.Min(piece.Length, bytes.Length - at)];
            part.CopyTo(bytes.AsSpan(at));
            at += part.Length;
        }

        return bytes;
    }

    private static async Task<CappedBody> FillAsync(
        CappedBody body, Stream stream, int size, CancellationToken cancellationToken)
    {
        while (await body.AddAsync(stream, size, cancellationToken).ConfigureAwait(false))
            size = Math.Clamp(2 * size, FirstPiece, LargestPiece);
        return body;
    }

    /// <returns>Whether there may be more to read.</returns>
    private async Task<bool> AddAsync(Stream stream, int size, CancellationToken cancellationToken)
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
