using System.Text;

namespace Actions.Server.Tests.Secrets;

/// <summary>Keeps every byte of every response that a client gets: headers, messages, trailers.</summary>
internal sealed class WireTap() : DelegatingHandler(new SocketsHttpHandler())
{
    private readonly MemoryStream _bytes = new();
    private readonly Lock _gate = new();

    public byte[] ToArray()
    {
        lock (_gate)
            return _bytes.ToArray();
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        Keep(Encoding.UTF8.GetBytes(response.Headers.ToString()));
        var content = new StreamContent(new TappedStream(await response.Content.ReadAsStreamAsync(cancellationToken), this, response));
        foreach (var (name, values) in response.Content.Headers.NonValidated)
            content.Headers.TryAddWithoutValidation(name, values);
        response.Content = content;
        return response;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
            _bytes.Write(bytes);
    }

    private sealed class TappedStream(Stream inner, WireTap tap, HttpResponseMessage response) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            tap.Keep(buffer.Span[..read]);
            // Trailers come with the end, and not to a read of nothing.
            if (read == 0 && buffer.Length > 0)
                tap.Keep(Encoding.UTF8.GetBytes(response.TrailingHeaders.ToString()));
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
