using System.Buffers;
using Actions.Engine.Decoding;
using Actions.Engine.Evidence;

namespace Actions.Engine.Response;

/// <summary>
/// Step 6: reads a body up to a cap, whatever its declared length, and removes its content codings. The bytes are in a
/// buffer of a pool, which gets it back when the body is disposed: nobody may have kept them then.
/// </summary>
internal sealed class CappedBody : IDisposable
{
    // Enough for most responses. Each further buffer is twice as large.
    private const int FirstBuffer = 4 << 10;

    private readonly ArrayPool<byte> _pool;
    private readonly int _cap;
    private byte[] _buffer = [];
    private int _length;
    private bool _cut;
    private bool _isWritten;

    private CappedBody(int cap, ArrayPool<byte> pool) => (_cap, _pool) = (cap, pool);

    /// <summary>Whether the body was longer than the cap.</summary>
    public bool Truncated => _length > _cap || _cut;

    /// <summary>The whole body, or its beginning up to the cap; as it came, if it can't be decoded.</summary>
    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, Math.Min(_length, _cap));

    /// <summary>Why the body can't be decoded; null if it can. Quotes nothing of it.</summary>
    public string? Undecodable { get; private set; }

    /// <summary>The content codings that the response states and the body doesn't have; null if there are
    /// none.</summary>
    public string? Mislabelled { get; private set; }

    /// <param name="pool">Null: the one that the process shares.</param>
    /// <exception cref="HttpIOException">The body broke off.</exception>
    public static async ValueTask<CappedBody> ReadAsync(
        HttpContent content, int cap, CancellationToken cancellationToken, ArrayPool<byte>? pool = null,
        AttemptEvidence? evidence = null)
    {
        var body = new CappedBody(cap, pool ?? ArrayPool<byte>.Shared);
        await using var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        // A body with a declared length fits into one buffer, with room to detect its end, unless it exceeds the cap.
        var size = content.Headers.ContentLength is { } stated && stated <= cap ? (int)stated + 1 : FirstBuffer;
        await body.FillAsync(stream, size, evidence, cancellationToken).ConfigureAwait(false);
        var codings = body._length == 0 ? [] : ContentCodings.Of(content);
        if (codings.FirstOrDefault(coding => !ContentCodings.CanDecode(coding)) is { } unknown)
        {
            body.Undecodable = $"its content encoding is '{unknown}', "
                + $"which isn't one of those that were asked for ({ContentCodings.Accepted})";
            return body;
        }

        for (var i = codings.Count - 1; i >= 0 && body._length > 0 && body.Undecodable is null; i--)
            body = await DecodeAsync(body, codings[i], cancellationToken).ConfigureAwait(false);
        return body;
    }

    public void Dispose()
    {
        GiveBack(_buffer);
        (_buffer, _length) = ([], 0);
    }

    /// <returns>The decoded body, in place of the other; or the other, if it can't be decoded.</returns>
    private static async ValueTask<CappedBody> DecodeAsync(
        CappedBody body, string coding, CancellationToken cancellationToken)
    {
        var encoded = body.Bytes;
        var decoded = new CappedBody(body._cap, body._pool) { Mislabelled = body.Mislabelled };
        try
        {
            await using var decoder = ContentCodings.Decode(encoded, coding);
            await decoded.FillAsync(decoder, FirstBuffer, evidence: null, cancellationToken).ConfigureAwait(false);
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
            body.Undecodable = $"its content encoding '{coding}' is broken";
            return body;
        }

        decoded._cut = body.Truncated;
        body.Dispose();
        return decoded;
    }

    private async ValueTask FillAsync(
        Stream stream, int size, AttemptEvidence? evidence, CancellationToken cancellationToken)
    {
        _buffer = _pool.Rent(size);
        while (!Truncated)
        {
            if (_length == _buffer.Length)
                Grow();
            // One byte over the cap shows that the body is longer.
            var room = _buffer.AsMemory(_length, Math.Min(_buffer.Length, _cap + 1) - _length);
            _isWritten = true;
            var read = await stream.ReadAsync(room, cancellationToken).ConfigureAwait(false);
            _isWritten = false;
            if (read == 0)
                break;
            _length += read;
            evidence?.Received(read);
        }
    }

    private void Grow()
    {
        var full = _buffer;
        _buffer = _pool.Rent(2 * full.Length);
        full.CopyTo(_buffer, 0);
        GiveBack(full);
    }

    /// <summary>
    /// A buffer into which a read failed is left to the garbage collector: whatever was to write into it may still do
    /// so, and it would be another response's by then. All others are emptied, so that no bug elsewhere shows one
    /// response in another.
    /// </summary>
    private void GiveBack(byte[] buffer)
    {
        if (buffer.Length == 0 || _isWritten)
            return;
        buffer.AsSpan(0, _length).Clear();
        _pool.Return(buffer);
    }
}
