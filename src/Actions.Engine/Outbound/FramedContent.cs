using System.Net;
using Actions.Engine.Outcomes;
using Actions.V1;

namespace Actions.Engine.Outbound;

/// <summary>A body with the same headers, whose length is compared with the stated one.</summary>
internal sealed class FramedContent : HttpContent
{
    private readonly HttpContent _content;
    private readonly string? _problem;
    private readonly long? _length;
    private readonly bool _endsItself;

    /// <param name="problem">Not null: the body can't be read.</param>
    /// <param name="length">The stated length; null if there is none.</param>
    /// <param name="endsItself">The body's end is known in another way, so that both can be compared.</param>
    public FramedContent(HttpContent content, string? problem, long? length, bool endsItself)
    {
        (_content, _problem, _length, _endsItself) = (content, problem, length, endsItself);
        foreach (var (name, values) in content.Headers.NonValidated)
            Headers.TryAddWithoutValidation(name, values);
    }

    protected override Task<Stream> CreateContentReadStreamAsync() =>
        CreateContentReadStreamAsync(CancellationToken.None);

    protected override async Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken)
    {
        if (_problem is not null)
            throw Invalid(_problem);
        var body = await _content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        return _length is { } length ? new FramedStream(body, length, _endsItself) : body;
    }

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await using var body = await CreateContentReadStreamAsync().ConfigureAwait(false);
        await body.CopyToAsync(stream).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _content.Dispose();
        base.Dispose(disposing);
    }

    private static UpstreamException Invalid(string detail) => new(new UpstreamFailure(FailureReason.InvalidResponse,
        detail));

    private sealed class FramedStream(Stream body, long left, bool endsItself) : Stream
    {
        private long _left = left;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer,
            CancellationToken cancellationToken = default)
        {
            var room = endsItself ? buffer.Length : (int)Math.Min(buffer.Length, _left);
            if (room == 0)
                return 0;
            var read = await body.ReadAsync(buffer[..room], cancellationToken).ConfigureAwait(false);
            _left -= read;
            if (_left < 0)
                throw Invalid("The response's body is longer than the length that the response states.");
            if (read == 0 && _left > 0)
                throw Invalid("The response's body is shorter than the length that the response states.");
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count,
            CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        // Everybody reads asynchronously.
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                body.Dispose();
            base.Dispose(disposing);
        }
    }
}
