namespace Actions.Engine.Outcomes;

/// <summary>The API closed the connection without any byte of a response to the request.</summary>
/// <param name="onKeptConnection">The connection had carried a response before: its keep-alive may just have run out.</param>
internal sealed class UnansweredException(bool onKeptConnection)
    : HttpIOException(HttpRequestError.ResponseEnded, "The connection was closed without a response.")
{
    public bool OnKeptConnection { get; } = onKeptConnection;
}
