using System.Net;
using System.Net.Http.Headers;
using Actions.Engine.Evidence;
using Actions.V1;
using HttpMethod = System.Net.Http.HttpMethod;

namespace Actions.Engine.Http;

/// <summary>A request to an API, for an action or for a token. It records the stage that it has reached.</summary>
internal sealed class UpstreamMessage(HttpMethod method, Uri url) : HttpRequestMessage(method, url)
{
    private int _stage = (int)FailureStage.Queue;

    /// <summary>The workspace that the request is for: for the code that opens its connection, too.</summary>
    public string Workspace { get; init; } = "";

    /// <summary>Of the attempt that sends it. Null: nobody wants to know.</summary>
    public AttemptEvidence? Evidence { get; set; }

    /// <summary>The last connection that HttpClient got because of this request, whichever request uses it.</summary>
    public ConnectionEvidence? Connection { get; private set; }

    public FailureStage Stage => (FailureStage)Volatile.Read(ref _stage);

    /// <summary>
    /// Called when its turn has come, and by the connector. That may still be opening a connection after the request
    /// was sent on another one; the call then has no effect.
    /// </summary>
    public void ReportConnecting(FailureStage stage)
    {
        for (var seen = _stage; seen < (int)FailureStage.Send;)
        {
            var before = Interlocked.CompareExchange(ref _stage, (int)stage, seen);
            if (before == seen)
                return;
            seen = before;
        }
    }

    public void ReportOpening(ConnectionEvidence connection)
    {
        Connection = connection;
        Evidence?.Causes(connection);
    }

    /// <summary>It is given a connection that was opened before.</summary>
    public void ReportTaking(ConnectionEvidence connection) => Connection = connection;

    /// <summary>
    /// The headers in the order, the case and the form in which they are sent, without those of HTTP's own framing
    /// (Host, Content-Length). Several of one name are sent as one.
    /// </summary>
    public IEnumerable<KeyValuePair<string, string>> SentHeaders =>
        ((IEnumerable<HttpHeaders>)(Content is null ? [Headers] : [Headers, Content.Headers]))
            .SelectMany(headers => headers.NonValidated, (_, header) => KeyValuePair.Create(header.Key,
                header.Value.ToString()));

    /// <summary>The request has a connection, and its headers are being written.</summary>
    public void ReportSending()
    {
        var content = Content as UpstreamContent;
        content?.OmitLengthOfNothing();
        if (Stage >= FailureStage.Send)
            return;
        Volatile.Write(ref _stage, (int)(content is { IsEmpty: false } ? FailureStage.Send : FailureStage.Wait));
        Evidence?.Sends(content?.Length ?? 0);
    }

    /// <summary>The body's last byte was written to the connection.</summary>
    public void ReportSent()
    {
        Volatile.Write(ref _stage, (int)FailureStage.Wait);
        Evidence?.Enter(Phase.Wait);
    }

    /// <summary>Some of the response has come.</summary>
    public void ReportAnswering() => Evidence?.Answers(RequestUri!);
}

/// <summary>A request's body.</summary>
/// <param name="mayOmitLength">If the body is empty, its length isn't stated.</param>
internal sealed class UpstreamContent(UpstreamMessage message, ReadOnlyMemory<byte> body,
    bool mayOmitLength) : HttpContent
{
    public int Length => body.Length;

    public bool IsEmpty => body.IsEmpty;

    /// <summary>
    /// HttpClient states a length as soon as there are headers about the content, and determines it before it writes
    /// the request's headers.
    /// </summary>
    public void OmitLengthOfNothing()
    {
        if (IsEmpty && mayOmitLength)
            Headers.Remove("Content-Length");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(
        Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(body, cancellationToken).ConfigureAwait(false);
        message.ReportSent();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
