using System.IO.Compression;
using System.Text;
using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>The answer is HTTP, but its body isn't what it says, or isn't what anybody could take.</summary>
internal static class BodyFaults
{
    private const string NoBody = "only a body can";

    private static readonly byte[] Gzipped = Gzip(Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, 5_000).Select(i => i * 7_919 % 5_003))}]"));

    public static IReadOnlyList<FaultRow> Rows { get; } =
    [
        Row("gzip bomb", FailureReason.ResponseTooLarge, () => FaultUpstream.Plain(Bombs.Send("gzip", Bombs.Gzip))),
        Row("brotli bomb", FailureReason.ResponseTooLarge, () => FaultUpstream.Plain(Bombs.Send("br", Bombs.Brotli))),
        Row("gzip of nothing, without end", FailureReason.ResponseTooLarge, () =>
            FaultUpstream.Plain(Bombs.SendNothing), share: 1),
        Row("gzip broken", FailureReason.InvalidResponse, () => Encoded("gzip", Damage(Gzipped))),
        Row("gzip cut", FailureReason.InvalidResponse, () => Encoded("gzip", Gzipped.AsSpan(..^100))),
        Row("brotli broken", FailureReason.InvalidResponse, () => Encoded("br", Gzipped)),
        Row("an encoding nobody asked for", FailureReason.InvalidResponse, () => Encoded("zstd", "{}"u8)),
        Row("JSON 100,000 deep", null, () =>
            Json(Encoding.ASCII.GetBytes(new string('[', 100_000) + new string(']', 100_000)))),
        Row("JSON cut", null, () => Json("{\"order\": {\"status\": \"ship"u8)),
        Row("invalid UTF-8", null, () => Json([(byte)'"', 0xc3, 0x28, (byte)'"'])),
        Row("JSON with a BOM", null, () => Json([0xef, 0xbb, 0xbf, .. "{\"a\": 1}"u8])),
    ];

    private static FaultRow Row(string fault, FailureReason? reason, Func<IFault> play, int share = 10) =>
        new(fault, NoBody, NoBody, NoBody, new Case(fault, reason, play) { Share = share });

    private static FaultUpstream Json(ReadOnlySpan<byte> body) => Answering("", body);

    private static FaultUpstream Encoded(string encoding, ReadOnlySpan<byte> body) =>
        Answering($"Content-Encoding: {encoding}\r\n", body);

    private static FaultUpstream Answering(string header, ReadOnlySpan<byte> body) => FaultUpstream.Answering((byte[])
    [
        .. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{header}Content-Length: {body.Length}\r\n\r\n"),
        .. body,
    ]);

    private static byte[] Gzip(byte[] plain)
    {
        var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Optimal))
            gzip.Write(plain);
        return to.ToArray();
    }

    private static byte[] Damage(byte[] encoded)
    {
        var damaged = encoded.ToArray();
        damaged.AsSpan(encoded.Length / 2, 40).Fill(0xa5);
        return damaged;
    }
}
