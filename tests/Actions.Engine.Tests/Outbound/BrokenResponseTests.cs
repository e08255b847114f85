using System.IO.Compression;
using System.Text;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound;

/// <summary>An answer came, but not one that can be used: each provoked on a real socket.</summary>
public sealed class BrokenResponseTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<string, string> NotHttp => new()
    {
        { "a greeting of another protocol", "220 mail.example ESMTP\r\n" },
        { "no status line", "hello\r\n\r\n" },
        { "a status that is no number", "HTTP/1.1 abc OK\r\n\r\n" },
        { "a header without a colon", "HTTP/1.1 200 OK\r\nno colon here\r\n\r\n" },
        { "a header without a name", "HTTP/1.1 200 OK\r\n: value\r\n\r\n" },
    };

    public static TheoryData<string, string> BrokenBodies => new()
    {
        { "a chunk size that is no number", "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n" },
        { "a chunk size beyond any integer", "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello\r\n0\r\n\r\n" },
        { "a chunk longer than it says", "Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n" },
    };

    public static TheoryData<string, string> BrokenJson => new()
    {
        { "JSON cut", Json("{\"status\": \"ship") },
        { "JSON with a tail", Json("{} x") },
        { "no JSON at all", Json("<html>") },
        { "JSON 100,000 levels deep", Json(new string('[', 100_000) + new string(']', 100_000)) },
    };

    public static TheoryData<string, string, byte[]> BrokenEncodings => new()
    {
        { "gzip that is none", "gzip", "this is no gzip, however long it may be\0"u8.ToArray() },
        { "gzip cut", "gzip", Gzip(LongJson)[..^20] },
        { "gzip damaged", "gzip", Damage(Gzip(LongJson)) },
        { "brotli that is none", "br", "this is no brotli, however long it may be\0"u8.ToArray() },
        { "brotli cut", "br", Brotli(LongJson)[..^20] },
        { "brotli damaged", "br", Damage(Brotli(LongJson)) },
        { "deflate that is none", "deflate", "this is no deflate, however long it may be\0"u8.ToArray() },
        { "deflate cut", "deflate", Deflate(LongJson)[..^20] },
    };

    private static byte[] LongJson { get; } =
        Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Range(0, 1_000).Select(i => i * 7919 % 1_000))}]");

    [Theory]
    [MemberData(nameof(NotHttp))]
    public async Task NotHttp_InvalidResponse(string what, string response)
    {
        await using var upstream = RawUpstream.AnsweringOnce(response);

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.InvalidResponse, what);
        failure.Detail.ShouldBe("The received data isn't a valid HTTP response.");
        failure.ShouldBeWithoutAnswer(retryable: false);
    }

    [Theory]
    [MemberData(nameof(BrokenBodies))]
    public async Task BrokenBody_InvalidResponse(string what, string headersAndBody)
    {
        await using var upstream = RawUpstream.AnsweringOnce($"HTTP/1.1 200 OK\r\n{headersAndBody}");

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.InvalidResponse, what);
        (failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((200, 1, false));
    }

    [Theory]
    [MemberData(nameof(BrokenEncodings))]
    public async Task BrokenContentEncoding_InvalidResponse(string what, string encoding, byte[] body)
    {
        await using var upstream = RawUpstream.AnsweringOnce(
            (byte[])[.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding}\r\nContent-Length: {body.Length}\r\n\r\n"), .. body]);

        // No claim to be JSON, and no fields: nothing but the encoding can be found broken.
        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.InvalidResponse, what);
        failure.Detail.ShouldBe($"The response can't be read: its content encoding '{encoding}' is broken.");
        (failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((200, 1, false));
    }

    [Theory]
    [MemberData(nameof(BrokenJson))]
    public async Task BrokenJson_InvalidResponseIfAFieldIsRequiredElseAWarning(string what, string headersAndBody)
    {
        await using var upstream = RawUpstream.AnsweringOnce($"HTTP/1.1 200 OK\r\n{headersAndBody}");

        var failure =
            await _engine.FailureAsync(Configs.Get(upstream.Url).Selecting("status", "$.status", required: true));
        var result = await _engine.ResultAsync(Configs.Get(upstream.Url).Selecting("status", "$.status"));

        failure.Reason.ShouldBe(FailureReason.InvalidResponse, what);
        (failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((200, 1, false));
        result.Variables.ShouldBeEmpty();
        result.Warnings.ShouldHaveSingleItem().Kind.ShouldBe(WarningKind.InvalidBody);
    }

    [Fact]
    public async Task JsonBroken_DetailSaysWhereWithoutQuotingIt()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{\"a\":1,\n\"b\": swordfish}"));

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url).Selecting("a", "$.a", required: true));

        failure.Reason.ShouldBe(FailureReason.InvalidResponse);
        failure.Detail.ShouldBe("The response can't be read: it isn't JSON of at most 512 levels (line 2, byte 6).");
    }

    private static string Json(string body) =>
        $"Content-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    private static byte[] Gzip(byte[] plain) =>
        Encode(plain, target => new GZipStream(target, CompressionLevel.Optimal));

    private static byte[] Brotli(byte[] plain) =>
        Encode(plain, target => new BrotliStream(target, CompressionLevel.Optimal));

    private static byte[] Deflate(byte[] plain) =>
        Encode(plain, target => new ZLibStream(target, CompressionLevel.Optimal));

    private static byte[] Encode(byte[] plain, Func<Stream, Stream> encoder)
    {
        var encoded = new MemoryStream();
        using (var stream = encoder(encoded))
            stream.Write(plain);
        return encoded.ToArray();
    }

    private static byte[] Damage(byte[] encoded)
    {
        var damaged = encoded.ToArray();
        damaged.AsSpan(encoded.Length / 2, 40).Fill(0xa5);
        return damaged;
    }
}
