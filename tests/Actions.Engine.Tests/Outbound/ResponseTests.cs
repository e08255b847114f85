using System.IO.Compression;
using System.Text;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound;

/// <summary>How an answer is judged and read.</summary>
public sealed class ResponseTests : IDisposable
{
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    [Theory]
    [InlineData(200, true)]
    [InlineData(204, true)]
    [InlineData(299, true)]
    [InlineData(300, false)]
    [InlineData(302, false)]
    [InlineData(404, false)]
    [InlineData(200, false, "404")]
    [InlineData(404, true, "404")]
    [InlineData(404, true, "2xx", "404")]
    [InlineData(204, true, "2xx", "404")]
    [InlineData(405, false, "2xx", "404")]
    [InlineData(404, true, "4XX")]
    [InlineData(302, true, "300-399")]
    [InlineData(300, true, "300-399")]
    [InlineData(399, true, "300-399")]
    [InlineData(400, false, "300-399")]
    [InlineData(599, true, "5xx")]
    public async Task Status_SuccessWhenInTheList(int status, bool success, params string[] patterns)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("", "text/plain", $"{status} Whatever"));
        var config = Configs.Get(upstream.Url);
        if (patterns.Length > 0)
            config.ResponsePolicy = new ResponsePolicy { SuccessStatuses = { patterns } };

        var outcome = await _engine.OutcomeAsync(config);

        (outcome.Result is not null).ShouldBe(success, outcome.ToString());
        (outcome.Result?.StatusCode ?? outcome.Failure.StatusCode).ShouldBe(status);
    }

    [Theory]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(404, false)]
    [InlineData(408, true)]
    [InlineData(429, true)]
    [InlineData(500, false)]
    [InlineData(502, true)]
    [InlineData(503, true)]
    [InlineData(504, true)]
    public async Task StatusOfFailure_ReasonAndWhetherLaterMayBeDifferent(int status, bool retryable)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("no such order 4711", "text/plain", $"{status} Whatever"));

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        failure.Reason.ShouldBe(FailureReason.HttpStatus);
        failure.Detail.ShouldBe($"The API answered with status {status}.");
        (failure.StatusCode, failure.Attempts, failure.Retryable).ShouldBe((status, 1, retryable));
    }

    [Fact]
    public async Task Redirect_NotFollowed()
    {
        await using var elsewhere = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var upstream = RawUpstream.Answering(
            $"HTTP/1.1 302 Found\r\nLocation: {elsewhere.Url}/\r\nContent-Length: 0\r\n\r\n");

        var failure = await _engine.FailureAsync(Configs.Get(upstream.Url));

        (failure.Reason, failure.StatusCode).ShouldBe((FailureReason.HttpStatus, 302));
        elsewhere.Requests.ShouldBeEmpty();
        upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task CookieSet_NotKept()
    {
        await using var upstream = RawUpstream.Answering(
            "HTTP/1.1 200 OK\r\nSet-Cookie: session=1; Path=/\r\nContent-Length: 0\r\n\r\n");

        await _engine.ResultAsync(Configs.Get(upstream.Url));
        await _engine.ResultAsync(Configs.Get(upstream.Url));

        upstream.Requests.Count.ShouldBe(2);
        upstream.Requests.ShouldAllBe(request => request.Header("Cookie") == null);
    }

    [Fact]
    public async Task InterimResponses_PassedOver()
    {
        await using var upstream = RawUpstream.Answering(
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + RawUpstream.Response("{}"));

        (await _engine.ResultAsync(Configs.Get(upstream.Url))).StatusCode.ShouldBe(200);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("raw deflate")]
    public async Task BodyEncoded_Decoded(string encoding)
    {
        var body = Encode(encoding, "{\"status\":\"shipped\"}"u8.ToArray());
        await using var upstream = RawUpstream.AnsweringOnce((byte[])[
            .. Encoding.ASCII.GetBytes(
                $"HTTP/1.1 200 OK\r\nContent-Encoding: {encoding.Split(' ')[^1]}\r\nContent-Length: {body.Length}\r\n\r\n"),
            .. body]);

        var result = await _engine.ResultAsync(Configs.Get(upstream.Url).Selecting("status", "$.status"));

        result.Variables["status"].ShouldBe(Value.ForString("shipped"));
        upstream.Requests.Single().Header("Accept-Encoding").ShouldBe("gzip, deflate, br");
    }

    [Fact]
    public async Task EncodedBodyEmpty_Result()
    {
        await using var upstream = RawUpstream.Answering("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n");

        (await _engine.ResultAsync(Configs.Get(upstream.Url))).Body.ShouldBeEmpty();
    }

    [Fact]
    public async Task ChunkedBody_PutTogether()
    {
        await using var upstream = RawUpstream.Answering(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: 1\r\n\r\n");

        (await _engine.ResultAsync(Configs.Get(upstream.Url))).Body.ToStringUtf8().ShouldBe("hello world");
    }

    [Fact]
    public async Task BodyEndedByClosing_Read()
    {
        await using var upstream = RawUpstream.AnsweringOnce("HTTP/1.0 200 OK\r\n\r\nhello");

        (await _engine.ResultAsync(Configs.Get(upstream.Url))).Body.ToStringUtf8().ShouldBe("hello");
    }

    [Theory]
    [InlineData(BodyView.Unspecified, false, true)]
    [InlineData(BodyView.Unspecified, true, false)]
    [InlineData(BodyView.None, false, false)]
    [InlineData(BodyView.None, true, false)]
    [InlineData(BodyView.Full, false, true)]
    [InlineData(BodyView.Full, true, true)]
    public async Task BodyView_SaysWhetherTheResultCarriesTheBody(BodyView view, bool selects, bool carries)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{\"a\": 1}", "application/json; charset=utf-8"));
        var config = Configs.Get(upstream.Url);
        if (selects)
            config.Selecting("a", "$.a");

        var outcome = await _engine.OutcomeAsync(config, bodyView: view);

        outcome.Result.Body.ToStringUtf8().ShouldBe(carries ? "{\"a\": 1}" : "");
        outcome.Result.ContentType.ShouldBe("application/json; charset=utf-8");
        outcome.Result.Variables.Count.ShouldBe(selects ? 1 : 0);
        outcome.Result.Attempts.ShouldBe(1);
    }

    private static byte[] Encode(string encoding, byte[] plain)
    {
        var encoded = new MemoryStream();
        using (Stream stream = encoding switch
        {
            "gzip" => new GZipStream(encoded, CompressionLevel.Optimal),
            "br" => new BrotliStream(encoded, CompressionLevel.Optimal),
            "deflate" => new ZLibStream(encoded, CompressionLevel.Optimal),
            _ => new DeflateStream(encoded, CompressionLevel.Optimal),
        })
            stream.Write(plain);
        return encoded.ToArray();
    }
}
