using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace Actions.Server.Hosting.Floods;

/// <summary>What a connection receives, with each HTTP/2 frame counted before Kestrel sees it.</summary>
/// <param name="bytes">What arrives.</param>
/// <param name="allow">Told each frame's type, flags and length; false ends the connection.</param>
internal sealed class FrameMeter(PipeReader bytes, Func<FrameHeader, bool> allow) : PipeReader
{
    private const int HeaderBytes = 9;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    private readonly byte[] _header = new byte[HeaderBytes];

    // Kestrel takes bytes as they come, half a header too: what was looked at has to be kept here.
    private int _prefaceBytes;
    private int _headerBytes;
    private long _payloadLeft;
    private bool _isOther;

    // The buffer that Kestrel has now, and how much of it was looked at.
    private ReadOnlySequence<byte> _buffer;
    private long _seen;

    /// <summary>Whether the connection's preface has arrived. Without it there are no frames, and nothing is
    /// counted.</summary>
    public bool IsHttp2 => _prefaceBytes == Preface.Length;

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
        // As if the caller had hung up: Kestrel ends such a connection without a word in the log.
        if (!allow(frame))
            throw new ConnectionResetException("The caller floods the server with frames.");
        _headerBytes = 0;
        _payloadLeft = frame.Length;
        return taken;
    }
}
