using System.Buffers.Binary;
using System.IO.Pipelines;

namespace Actions.Server.Hosting.Floods;

/// <summary>
/// Passes a connection's output on, and reports each reset (RST_STREAM) that the server sends because the client broke
/// a rule.
/// </summary>
/// <param name="bytes">The connection's output.</param>
/// <param name="provoked">Called for each such reset.</param>
internal sealed class AnswerMeter(PipeWriter bytes, Action provoked) : PipeWriter
{
    private const int HeaderBytes = 9;
    private const int CodeBytes = 4;
    private const byte ResetStream = 3;

    // A method that ends before the client's last message is no fault of the client's, nor is a deadline that passed
    // (RFC 9113, section 7).
    private const uint NoError = 0;
    private const uint Cancel = 8;

    // Kestrel writes a frame in several pieces. The header, and the code of a reset, are collected here.
    private readonly byte[] _frame = new byte[HeaderBytes + CodeBytes];
    private int _collected;
    private int _needed = HeaderBytes;
    private long _payloadLeft;
    private Memory<byte> _memory;

    public override bool CanGetUnflushedBytes => bytes.CanGetUnflushedBytes;

    public override long UnflushedBytes => bytes.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0) => _memory = bytes.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int count)
    {
        Look(_memory.Span[..count]);
        // Some writers go on in the same memory after an advance.
        _memory = _memory[count..];
        bytes.Advance(count);
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source,
        CancellationToken cancellationToken = default)
    {
        Look(source.Span);
        return bytes.WriteAsync(source, cancellationToken);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        bytes.FlushAsync(cancellationToken);

    public override void CancelPendingFlush() => bytes.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => bytes.Complete(exception);

    private void Look(ReadOnlySpan<byte> written)
    {
        while (written.Length > 0)
        {
            var taken = (int)Math.Min(written.Length, _payloadLeft);
            _payloadLeft -= taken;
            written = written[taken..];
            taken = Math.Min(written.Length, _needed - _collected);
            written[..taken].CopyTo(_frame.AsSpan(_collected));
            _collected += taken;
            written = written[taken..];
            if (_collected == _needed)
                Take();
        }
    }

    private void Take()
    {
        var isReset = _frame[3] == ResetStream;
        if (isReset && _needed == HeaderBytes)
        {
            _needed += CodeBytes;
            return;
        }

        if (!isReset)
            _payloadLeft = (_frame[0] << 16) | (_frame[1] << 8) | _frame[2];
        else if (BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(HeaderBytes)) is not (NoError or Cancel))
            provoked();
        (_collected, _needed) = (0, HeaderBytes);
    }
}
