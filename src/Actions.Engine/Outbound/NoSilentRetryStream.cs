namespace Actions.Engine.Outbound;

/// <summary>
/// A connection that fails when the API closes it without ever having responded. SocketsHttpHandler treats a plain end
/// of stream there as an idle connection that expired, and sends a request without a body again, up to three times.
/// This is right for a reused connection (RFC 9112 section 9.3.1), but a request on a new connection must not be
/// repeated.
/// </summary>
internal sealed class NoSilentRetryStream(Stream connection) : Stream
{
    private bool _answered;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        return Check(read, buffer.Length);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        Check(connection.Read(buffer, offset, count), count);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        connection.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => connection.Write(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => connection.FlushAsync(cancellationToken);

    public override void Flush() => connection.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            connection.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A read into an empty buffer only waits: zero bytes don't mean the end then.</summary>
    private int Check(int read, int wanted)
    {
        _answered |= read > 0;
        return read > 0 || wanted == 0 || _answered
            ? read
            : throw new HttpIOException(HttpRequestError.ResponseEnded, "The connection was closed without a response.");
    }
}
