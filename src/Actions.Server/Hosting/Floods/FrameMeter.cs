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

    private ReadOnlySequence<byte> _buffer;

    // From the buffer's start to the next frame's; beyond the buffer while that frame is still to come.
    private long _next;
    private bool _isOther;

    /// <summary>Whether the connection's preface has arrived. Without it there are no frames, and nothing is counted.</summary>
    public bool IsHttp2 { get; private set; }

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
        _next -= _buffer.Slice(_buffer.Start, consumed).Length;
        _buffer = default;
        bytes.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => bytes.CancelPendingRead();

    public override void Complete(Exception? exception = null) => bytes.Complete(exception);

    private ReadResult Counted(ReadResult result)
    {
        _buffer = result.Buffer;
        if (!IsHttp2 && !_isOther)
            ReadPreface();
        if (!IsHttp2)
            return result;

        Span<byte> header = stackalloc byte[HeaderBytes];
        while (_next + HeaderBytes <= _buffer.Length)
        {
            _buffer.Slice(_next, HeaderBytes).CopyTo(header);
            var frame = new FrameHeader(header[3], header[4], (header[0] << 16) | (header[1] << 8) | header[2]);
            // As if the caller had hung up: Kestrel ends such a connection without a word in the log.
            if (!allow(frame))
                throw new ConnectionResetException("The caller floods the server with frames.");
            _next += HeaderBytes + frame.Length;
        }

        return result;
    }

    private void ReadPreface()
    {
        if (_buffer.Length < Preface.Length)
            return;
        IsHttp2 = _buffer.Slice(0, Preface.Length).ToArray().AsSpan().SequenceEqual(Preface);
        _isOther = !IsHttp2;
        _next = Preface.Length;
    }
}
