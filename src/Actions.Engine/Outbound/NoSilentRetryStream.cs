using System.Net.Sockets;
using Actions.Engine.Evidence;
using Actions.Engine.Outcomes;

namespace Actions.Engine.Outbound;

/// <summary>
/// A connection that fails when the API closes it after a request, before any byte of the response. SocketsHttpHandler takes
/// that end for a kept connection whose keep-alive has run out, and sends a request without a body again, up to three times,
/// unseen. RFC 9112 section 9.3.1 leaves the decision to the client: here the attempt loop decides, and counts the attempt.
/// </summary>
internal sealed class NoSilentRetryStream(Stream connection, ConnectionEvidence? evidence) : Stream
{
    private bool _wasUsed;

    // Something was written, and nothing has been read since. Reads and writes are of different threads.
    private volatile bool _isAwaited;

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
        int read;
        try
        {
            read = await connection.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (IsResetOfKept(e))
        {
            throw new UnansweredException(onKeptConnection: true);
        }

        return Check(read, buffer.Length);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        int read;
        try
        {
            read = connection.Read(buffer, offset, count);
        }
        catch (IOException e) when (IsResetOfKept(e))
        {
            throw new UnansweredException(onKeptConnection: true);
        }

        return Check(read, count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _isAwaited = true;
        return connection.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        _isAwaited = true;
        connection.Write(buffer, offset, count);
    }

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

    // So does a load balancer close connections that it has forgotten: it resets them when the next request comes.
    private bool IsResetOfKept(IOException e) =>
        _wasUsed && _isAwaited && e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset };

    /// <summary>A read into an empty buffer only waits: reading nothing isn't the end then.</summary>
    private int Check(int read, int wanted)
    {
        if (read > 0)
        {
            (_wasUsed, _isAwaited) = (true, false);
            evidence?.WasRead();
        }

        return read > 0 || wanted == 0 || !_isAwaited ? read : throw new UnansweredException(_wasUsed);
    }
}
