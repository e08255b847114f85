using System.IO.Compression;
using System.Text;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound;

/// <summary>However much an API answers, no more than the cap is read.</summary>
public sealed class ResponseSizeTests : IDisposable
{
    private const int Cap = 1_000;

    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("chunked")]
    [InlineData("closing")]
    public async Task ExactlyTheCap_Read(string framing)
    {
        await using var upstream = RawUpstream.AnsweringOnce(Framed(framing, new string('x', Cap)));

        (await _engine.ResultAsync(Capped(upstream))).Body.Length.ShouldBe(Cap);
    }

    [Theory]
    [InlineData("Content-Length")]
    [InlineData("chunked")]
    [InlineData("closing")]
    public async Task OneByteMore_ResponseTooLarge(string framing)
    {
        await using var upstream = RawUpstream.AnsweringOnce(Framed(framing, new string('x', Cap + 1)));

        ShouldBeTooLarge(await _engine.FailureAsync(Capped(upstream)));
    }

    [Fact]
    public async Task LengthAnnouncedTooLarge_EndsWithoutWaitingForIt()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n{new string('x', Cap + 1)}");
            await connection.HoldAsync();
        });

        ShouldBeTooLarge(await _engine.FailureAsync(Capped(upstream)));
        await upstream.ScriptEndedAsync(_engine.Token);
    }

    [Fact]
    public async Task EndlessBody_EndsAndClosesTheConnection()
    {
        await using var upstream = new RawUpstream(async connection =>
        {
            await connection.ReadRequestAsync();
            await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            while (true)
                await connection.SendAsync("5\r\nagain\r\n");
        });

        ShouldBeTooLarge(await _engine.FailureAsync(Capped(upstream)));
        await upstream.ScriptEndedAsync(_engine.Token);
    }

    [Fact]
    public async Task SmallBodyThatInflatesBeyond_ResponseTooLarge()
    {
        var bomb = new MemoryStream();
        await using (var gzip = new GZipStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
            await gzip.WriteAsync(new byte[10 << 20], _engine.Token);
        // Enough to inflate far beyond the cap, although it is within the default cap as it comes.
        bomb.Length.ShouldBeLessThan(20_000);
        await using var upstream = RawUpstream.AnsweringOnce((byte[])[
            .. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {bomb.Length}\r\n\r\n"),
            .. bomb.ToArray()]);

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.ResponseTooLarge);
        failure.Detail.ShouldBe("The response's body is larger than 1048576 bytes.");
    }

    [Fact]
    public async Task HeadersTooLarge_ResponseTooLarge()
    {
        await using var upstream = RawUpstream.AnsweringOnce(
            $"HTTP/1.1 200 OK\r\nX-Long: {new string('x', 65 << 10)}\r\nContent-Length: 0\r\n\r\n");

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.ResponseTooLarge);
        failure.Detail.ShouldBe("The response's headers are too large.");
        failure.ShouldBeWithoutAnswer(retryable: false);
    }

    [Fact]
    public async Task FieldsAndBodyTooLargeTogether_ResponseTooLarge()
    {
        var json = $"{{\"a\": \"{new string('x', 2 << 20)}\"}}";
        await using var upstream = RawUpstream.Answering(RawUpstream.Response(json));
        var config = Configs.Get(upstream.Url).Selecting("a", "$.a");
        config.ResponsePolicy = new ResponsePolicy { MaxBodyBytes = 3 << 20 };

        (await _engine.OutcomeAsync(config, bodyView: BodyView.None)).Result.ShouldNotBeNull();
        var outcome = await _engine.OutcomeAsync(config, bodyView: BodyView.Full);

        outcome.Failure.Reason.ShouldBe(FailureReason.ResponseTooLarge);
        outcome.Failure.StatusCode.ShouldBe(200);
    }

    private static ActionConfig Capped(RawUpstream upstream)
    {
        var config = Configs.Get(upstream.Url);
        config.ResponsePolicy = new ResponsePolicy { MaxBodyBytes = Cap };
        return config;
    }

    private static string Framed(string framing, string body) => framing switch
    {
        "Content-Length" => RawUpstream.Response(body, "text/plain"),
        "chunked" => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n",
        _ => $"HTTP/1.1 200 OK\r\n\r\n{body}",
    };

    private static void ShouldBeTooLarge(Failure failure)
    {
        failure.Reason.ShouldBe(FailureReason.ResponseTooLarge);
        failure.Detail.ShouldBe($"The response's body is larger than {Cap} bytes.");
        (failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((200, 1, false));
    }
}
