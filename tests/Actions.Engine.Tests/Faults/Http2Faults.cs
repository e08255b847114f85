using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>What only HTTP/2 can do wrong, and what it can do wrong in its own way. RFC 9113.</summary>
internal static class Http2Faults
{
    private const string Lower = "nothing of HTTP is said yet";
    private static readonly byte[] Json = "{\"half\":"u8.ToArray();
    private static readonly byte[] Zeros = new byte[8 << 10];

    // Literal fields without indexing, one after the other: x: 125 letters.
    private static readonly byte[] Fields = [.. Enumerable.Repeat((byte[])[0, 1, (byte)'x', 125, .. new byte[125].Select(_ => (byte)'x')], 100).SelectMany(field => field)];

    public static IReadOnlyList<FaultRow> Rows { get; } =
    [
        Row(
            "HTTP/2 GOAWAY",
            new Case("HTTP/2 GOAWAY before the headers", FailureReason.Connection, () => Ending(
                async (peer, stream) => await peer.GoAwayAsync(stream, Http2Peer.InternalError))),
            new Case("HTTP/2 GOAWAY in the body", FailureReason.Connection, () => Ending(async (peer, stream) =>
            {
                await BeginBodyAsync(peer, stream);
                await peer.GoAwayAsync(stream, Http2Peer.InternalError);
            }))),
        Row(
            "HTTP/2 GOAWAY, then silence",
            new Case("HTTP/2 GOAWAY, then no headers", FailureReason.Timeout, () => Play(
                async (peer, stream) => await peer.GoAwayAsync(stream, Http2Peer.InternalError))),
            new Case("HTTP/2 GOAWAY, then no more body", FailureReason.Timeout, () => Play(async (peer, stream) =>
            {
                await BeginBodyAsync(peer, stream);
                await peer.GoAwayAsync(stream, Http2Peer.InternalError);
            }))),
        Row(
            "HTTP/2 GOAWAY that refuses the request",
            new Case("HTTP/2 GOAWAY of nothing processed", FailureReason.Connection, () => Play(
                async (peer, _) => await peer.GoAwayAsync(0, Http2Peer.NoError))),
            "it was processed then"),
        Row(
            "HTTP/2 GOAWAY as it should be",
            new Case("HTTP/2 GOAWAY, then the answer", null, () => Play(async (peer, stream) =>
            {
                await peer.GoAwayAsync(stream, Http2Peer.NoError);
                await peer.SendAsync(Http2Peer.Headers, Http2Peer.EndHeaders, stream, Http2Peer.Ok);
                await peer.SendAsync(Http2Peer.Data, Http2Peer.EndStream, stream, "{}"u8.ToArray());
            })),
            new Case("HTTP/2 GOAWAY, then the body's end", null, () => Play(async (peer, stream) =>
            {
                await peer.SendAsync(Http2Peer.Headers, Http2Peer.EndHeaders, stream, Http2Peer.Ok);
                await peer.GoAwayAsync(stream, Http2Peer.NoError);
                await peer.SendAsync(Http2Peer.Data, Http2Peer.EndStream, stream, "{}"u8.ToArray());
            }))),
        Row(
            "HTTP/2 RST",
            new Case("HTTP/2 RST before the headers", FailureReason.Connection, () => Play(
                async (peer, stream) => await peer.ResetStreamAsync(stream, Http2Peer.InternalError))),
            new Case("HTTP/2 RST in the body", FailureReason.Connection, () => Play(async (peer, stream) =>
            {
                await BeginBodyAsync(peer, stream);
                await peer.ResetStreamAsync(stream, Http2Peer.InternalError);
            }))),
        Row(
            "HTTP/2 RST that refuses the request",
            new Case("HTTP/2 REFUSED_STREAM", FailureReason.Connection, () => Play(
                async (peer, stream) => await peer.ResetStreamAsync(stream, Http2Peer.RefusedStream))),
            "it was processed then"),
        Row(
            "HTTP/2 closed early",
            new Case("HTTP/2 closed before the headers", FailureReason.Connection, () => Ending((_, _) => Task.CompletedTask)),
            new Case("HTTP/2 closed in the body", FailureReason.Connection, () => Ending(BeginBodyAsync))),
        Row(
            "HTTP/2 silence",
            new Case("HTTP/2 headers never", FailureReason.Timeout, () => Play((_, _) => Task.CompletedTask)),
            new Case("HTTP/2 body stalled", FailureReason.Timeout, () => Play(BeginBodyAsync))),
        Row(
            "no HTTP/2",
            new Case("HTTP/2 answered in HTTP/1.1", FailureReason.InvalidResponse, () => FaultUpstream.Http2(async peer =>
            {
                await peer.NextRequestAsync(silently: true);
                await peer.Plain.SendAsync("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
                await peer.Plain.HoldAsync();
            })),
            new Case("HTTP/2 frame larger than allowed", FailureReason.InvalidResponse, () => Play(async (peer, stream) =>
            {
                await BeginBodyAsync(peer, stream);
                await peer.SendAsync(Http2Peer.Data, 0, stream, new byte[64 << 10]);
            }))),
        Row(
            "HTTP/2 against its rules",
            new Case("HTTP/2 header block that can't be decoded", FailureReason.InvalidResponse, () => Play(
                async (peer, stream) => await peer.SendAsync(Http2Peer.Headers, Http2Peer.EndHeaders, stream, (byte[])[0xff, 0xff, 0xff]))),
            new Case("HTTP/2 more than the client takes", FailureReason.InvalidResponse, () => Play(async (peer, stream) =>
            {
                await BeginBodyAsync(peer, stream);
                await peer.FloodAsync(Http2Peer.Data, 0, stream, Zeros);
            }))),
        Row(
            "HTTP/2 far too much",
            new Case("HTTP/2 headers endless", FailureReason.ResponseTooLarge, () => Play(async (peer, stream) =>
            {
                await peer.SendAsync(Http2Peer.Headers, 0, stream, Http2Peer.Ok);
                await peer.FloodAsync(Http2Peer.Continuation, 0, stream, Fields);
            })),
            new Case("HTTP/2 body endless", FailureReason.ResponseTooLarge, () => Play(async (peer, stream) =>
            {
                await BeginBodyAsync(peer, stream);
                var frame = Http2Peer.Frame(Http2Peer.Data, 0, stream, Zeros);
                for (var taken = Http2Peer.InitialWindow - Json.Length; ; taken -= Zeros.Length)
                {
                    while (taken < Zeros.Length)
                        if (await peer.WindowUpdateAsync(stream) is > 0 and var more)
                            taken += more;
                        else
                            return;
                    await peer.Plain.SendAsync(frame);
                }
            }))),
        Row(
            "HTTP/2 1xx storm",
            new Case("HTTP/2 1xx storm without end", FailureReason.ResponseTooLarge, () => Play(
                (peer, stream) => peer.FloodAsync(Http2Peer.Headers, Http2Peer.EndHeaders, stream, Http2Peer.EarlyHints.Span))),
            "1xx come before it"),
        Row(
            "HTTP/2 frames of nothing",
            // The client's answers pile up until it has enough.
            new Case("HTTP/2 PING flood", FailureReason.Connection, () => Play(
                (peer, _) =>
                {
                    peer.Plain.TakeLittle();
                    return peer.FloodAsync(Http2Peer.Ping, 0, 0, new byte[8]);
                })),
            // Goes on when the call is over, until the connection is given up: a soak would do nothing else.
            new Case("HTTP/2 empty DATA without end", FailureReason.Timeout, () => Play(async (peer, stream) =>
            {
                await BeginBodyAsync(peer, stream);
                await peer.FloodAsync(Http2Peer.Data, 0, stream, default);
            })) { Share = 0 }),
    ];

    private static FaultRow Row(string fault, Cell headers, Cell body) => new(fault, Lower, Lower, headers, body);

    private static async Task BeginBodyAsync(Http2Peer peer, int stream)
    {
        await peer.SendAsync(Http2Peer.Headers, Http2Peer.EndHeaders, stream, Http2Peer.Ok);
        await peer.SendAsync(Http2Peer.Data, 0, stream, Json);
    }

    /// <summary>Does so to every request, and closes no connection.</summary>
    private static FaultUpstream Play(Func<Http2Peer, int, Task> answer) => FaultUpstream.Http2(async peer =>
    {
        for (var stream = await peer.ReadRequestAsync(); ; stream = await peer.NextRequestAsync())
            await answer(peer, stream);
    });

    private static FaultUpstream Ending(Func<Http2Peer, int, Task> answer) =>
        FaultUpstream.Http2(async peer => await answer(peer, await peer.ReadRequestAsync()));
}
