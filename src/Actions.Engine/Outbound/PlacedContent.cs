using System.Net;

namespace Actions.Engine.Outbound;

/// <summary>A response's body, which keeps the place of its request until it is disposed.</summary>
internal sealed class PlacedContent : HttpContent
{
    private readonly HttpContent _content;
    private readonly IDisposable _place;

    public PlacedContent(HttpContent content, IDisposable place)
    {
        (_content, _place) = (content, place);
        foreach (var (name, values) in content.Headers.NonValidated)
        {
            // Each value by itself: together they would become one, joined by commas.
            foreach (var value in values)
                Headers.TryAddWithoutValidation(name, value);
        }
    }

    protected override Task<Stream> CreateContentReadStreamAsync() => _content.ReadAsStreamAsync();

    protected override Task<Stream> CreateContentReadStreamAsync(CancellationToken cancellationToken) =>
        _content.ReadAsStreamAsync(cancellationToken);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        _content.CopyToAsync(stream);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
            _place.Dispose();
        }

        base.Dispose(disposing);
    }
}
