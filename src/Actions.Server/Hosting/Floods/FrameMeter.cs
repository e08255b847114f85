using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;

namespace Actions.Server.Hosting.Floods;

/// <summary>Reads a connection's input and counts each HTTP/2 frame before Kestrel reads it.</summary>
/// <param name="bytes">The connection's input.</param>
/// <param name="allow">Gets each frame's type, flags and length; false ends the connection.</param>
internal sealed class FrameMeter(PipeReader bytes, Func<FrameHeader, bool> allow) : PipeReader
{
    private const int HeaderBytes = 9;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    private readonly byte[] _header = new byte[HeaderBytes];

    // Kestrel reads bytes as they arrive, even half a header: the parser's state is kept from read to read.
    private int _prefaceBytes;
    private int _headerBytes;
    private long _payloadLeft;
    private bool _isOther;

    // Kestrel's current buffer, and the number of its bytes that were counted.
    private ReadOnlySequence<byte> _buffer;
    private long _seen;

    /// <summary>
    /// Whether the connection's preface has arrived. Without it there are no frames, and nothing is counted.
    /// </summary>
    public bool IsHttp2 => _prefaceBytes == Preface.Length;

    // Each call of a client is one or two reads that wait.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        Counted(await bytes.ReadAsync(cancellationToken).ConfigureAwait(false));

    public override bool TryRead(out ReadResult result)
    {
        if (!bytes.TryRead(out result))
            return false;
        Counted(result);
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _seen -= _buffer.Slice(_buffer.Start, consumed).Length;
        _buffer = default;
        bytes.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => bytes.CancelPendingRead();

    public override void Complete(Exception? exception = null) => bytes.Complete(exception);

    private ReadResult Counted(ReadResult result)
    {
        _buffer = result.Buffer;
        foreach (var segment in _buffer.Slice(_seen))
            Look(segment.Span);
        _seen = _buffer.Length;
        return result;
    }

    private void Look(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0 && !_isOther)
        {
            var taken = IsHttp2 ? LookAtFrame(bytes) : LookAtPreface(bytes);
            bytes = bytes[taken..];
        }
    }

    private int LookAtPreface(ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(bytes.Length, Preface.Length - _prefaceBytes);
        _isOther = !bytes[..taken].SequenceEqual(Preface.Slice(_prefaceBytes, taken));
        if (!_isOther)
            _prefaceBytes += taken;
        return taken;
    }

    private int LookAtFrame(ReadOnlySpan<byte> bytes)
    {
        if (_payloadLeft > 0)
        {
            var skipped = (int)Math.Min(bytes.Length, _payloadLeft);
            _payloadLeft -= skipped;
            return skipped;
        }

        var taken = Math.Min(bytes.Length, HeaderBytes - _headerBytes);
        bytes[..taken].CopyTo(_header.AsSpan(_headerBytes));
        _headerBytes += taken;
        if (_headerBytes < HeaderBytes)
            return taken;

        var frame = new FrameHeader(_header[3], _header[4], (_header[0] << 16) | (_header[1] << 8) | _header[2]);
        // As if the client had disconnected: Kestrel ends such a connection without a log entry.
        if (!allow(frame))
            throw new ConnectionResetException("The client sends too many frames.");
        _headerBytes = 0;
        _payloadLeft = frame.Length;
        return taken;
    }
}
