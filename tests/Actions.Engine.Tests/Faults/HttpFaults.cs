using System.Text;
using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>What comes is no HTTP, too much of it, or leads nowhere.</summary>
internal static class HttpFaults
{
    private const string Lower = "nothing of HTTP is said yet";
    private const string OnlyHeaders = "the headers are what fails";
    private const string OnlyAnswers = "only an answer can";
    private const string OkJson = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";

    private static readonly byte[] MebibyteOfHeaders = Encoding.ASCII.GetBytes(
        OkJson + string.Concat(Enumerable.Range(0, 1_024).Select(i => $"X-Header-{i:0000}: {new string('x', 1_008)}\r\n")) + "\r\n");

    private static readonly byte[] EarlyHints = Encoding.ASCII.GetBytes(
        string.Concat(Enumerable.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n", 200)));

    private static readonly byte[] Text = Encoding.ASCII.GetBytes(new string('x', 16 << 10));

    private static readonly byte[] Chunk = Encoding.ASCII.GetBytes($"{16 << 10:x}\r\n{new string('x', 16 << 10)}\r\n");

    public static IReadOnlyList<FaultRow> Rows { get; } =
    [
        new(
            "no HTTP",
            Lower,
            Lower,
            new Case("HTTP/0.9", FailureReason.InvalidResponse, () => FaultUpstream.Answering("<html>Hello, 1991.</html>\r\n")),
            new Case("chunk sizes broken", FailureReason.InvalidResponse, () => FaultUpstream.Answering(
                OkJson + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"))),
        new(
            "lengths that contradict",
            Lower,
            Lower,
            new Case("two lengths", FailureReason.InvalidResponse, () => FaultUpstream.Answering(
                OkJson + "Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}")),
            new Case("a chunk longer than it says", FailureReason.InvalidResponse, () => FaultUpstream.Answering(
                OkJson + "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n"))),
        new(
            "far too much",
            Lower,
            new Case("a TLS record that never ends", FailureReason.Tls, () => FaultUpstream.InsteadOfTls(peer => peer.FloodAsync(Text))),
            new Case("1 MiB of headers", FailureReason.ResponseTooLarge, () => FaultUpstream.Answering(MebibyteOfHeaders)),
            new Case("body endless", FailureReason.ResponseTooLarge, () => Flooding("", Text))),
        new(
            "far too much, in chunks",
            Lower,
            Lower,
            "headers have no chunks",
            new Case("body endless, chunked", FailureReason.ResponseTooLarge, () => Flooding("Transfer-Encoding: chunked\r\n", Chunk))),
        new(
            "1xx storm",
            Lower,
            Lower,
            new Case("1xx storm without end", FailureReason.ResponseTooLarge, () => FaultUpstream.Plain(async peer =>
            {
                await peer.ReadRequestAsync();
                await peer.FloodAsync(EarlyHints);
            })),
            "1xx come before it"),
        new(
            "1xx storm that ends",
            Lower,
            Lower,
            new Case("1xx storm before an answer", null, () => FaultUpstream.Answering(
                (byte[])[.. EarlyHints, .. "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"u8])),
            "1xx come before it"),
        new("redirect loop", OnlyAnswers, OnlyAnswers, Redirecting("redirect loop", FailureReason.InvalidResponse, "Location: /\r\n"), OnlyHeaders),
        new(
            "redirect without Location",
            OnlyAnswers,
            OnlyAnswers,
            Redirecting("redirect without Location", FailureReason.HttpStatus, ""),
            OnlyHeaders),
        new(
            "redirect to nowhere",
            OnlyAnswers,
            OnlyAnswers,
            Redirecting("redirect to another scheme", FailureReason.InvalidResponse, "Location: file:///etc/passwd\r\n"),
            OnlyHeaders),
        new(
            "redirect to no address",
            OnlyAnswers,
            OnlyAnswers,
            Redirecting("redirect to what is no URL", FailureReason.HttpStatus, "Location: http://[\r\n"),
            OnlyHeaders),
        new(
            "redirect with an endless body",
            OnlyAnswers,
            OnlyAnswers,
            OnlyHeaders,
            new Case("redirect loop with endless bodies", FailureReason.InvalidResponse, () => FaultUpstream.Plain(async peer =>
            {
                await peer.ReadRequestAsync();
                await peer.SendAsync("HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n");
                await peer.FloodAsync(Text);
            })) { MaxRedirects = 10, SaysNothingWasDone = true }),
    ];

    private static FaultUpstream Flooding(string header, byte[] again) => FaultUpstream.Plain(async peer =>
    {
        await peer.ReadRequestAsync();
        await peer.SendAsync($"{OkJson}{header}\r\n");
        await peer.FloodAsync(again);
    });

    private static Case Redirecting(string name, FailureReason reason, string header) =>
        new(name, reason, () => FaultUpstream.Plain(async peer =>
        {
            while (await peer.ReadRequestAsync())
                await peer.SendAsync($"HTTP/1.1 302 Found\r\n{header}Content-Length: 0\r\n\r\n");
        })) { MaxRedirects = 10, SaysNothingWasDone = true };
}
