using System.Globalization;
using System.IO.Compression;
using System.Text;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.Engine.Response;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Outbound;

/// <summary>
/// Bodies are read into buffers that other responses get afterwards: none of them sees another's bytes.
/// </summary>
public sealed class PooledBodyTests : IDisposable
{
    private const int Cap = 40_000;

    private readonly CheckedPool _pool = new();
    private readonly EngineUnderTest _engine = new();

    public void Dispose() => _engine.Dispose();

    /// <summary>The body's length and codings, those that the response states, whether it states a length; how much is
    /// read, and how many decoders fail.</summary>
    public static TheoryData<int, string, string, bool, int, int> Bodies => new()
    {
        { 0, "", "", true, 0, 0 },
        { 10, "", "", true, 10, 0 },
        { 10, "", "", false, 10, 0 },
        { Cap, "", "", true, Cap, 0 },
        { Cap, "", "", false, Cap, 0 },
        { Cap + 1, "", "", true, Cap, 0 },
        { 3 * Cap, "", "", false, Cap, 0 },
        { 10, "gzip", "gzip", true, 10, 0 },
        { Cap, "gzip", "gzip", false, Cap, 0 },
        { 3 * Cap, "gzip", "gzip", true, Cap, 0 },
        { Cap, "gzip, br", "gzip, br", false, Cap, 0 },
        { 10, "gzip, br, gzip", "gzip, br, gzip", true, 10, 0 },
        { 10, "", "zstd", true, 10, 0 },
        { 10, "", "gzip", true, 10, 1 },
        { Cap, "", "br, gzip", true, Cap, 2 },
        { Cap, "br", "deflate, br", true, Cap, 1 },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task BodyRead_BuffersGivenBackOnceAndEmpty(
        int length, string codings, string stated, bool statesLength, int read, int failures)
    {
        var text = Text(length);
        using var content = Content(Encoded(text, codings), stated, statesLength);

        var body = await CappedBody.ReadAsync(content, Cap, _engine.Token, _pool);

        body.Bytes.Span.SequenceEqual(text.AsSpan(0, read)).ShouldBeTrue();
        body.Truncated.ShouldBe(length > Cap);
        ShouldGiveAllBack(body, failures);
    }

    [Fact]
    public async Task EncodedBodyLongerThanTheCap_ReadAsFarAsItCameAndGivenBack()
    {
        var text = Text(2 * Cap);
        using var content = Content(Encoded(text, "gzip", CompressionLevel.NoCompression), "gzip", statesLength: false);

        var body = await CappedBody.ReadAsync(content, Cap, _engine.Token, _pool);

        body.Bytes.Length.ShouldBeGreaterThan(Cap / 2);
        body.Bytes.Span.SequenceEqual(text.AsSpan(0, body.Bytes.Length)).ShouldBeTrue();
        (body.Truncated, body.Undecodable).ShouldBe((true, null));
        ShouldGiveAllBack(body, failures: 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("br")]
    public async Task BodyThatCantBeDecoded_BuffersGivenBackOnceAndEmpty(string others)
    {
        byte[] broken = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0xFF];
        using var content = Content(Encoded(broken, others), $"gzip, {others}".TrimEnd(' ', ','), statesLength: true);

        var body = await CappedBody.ReadAsync(content, Cap, _engine.Token, _pool);

        body.Undecodable.ShouldNotBeNull();
        ShouldGiveAllBack(body, failures: 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadFailsAndWritesLater_NobodyElseHasTheBuffer(bool afterGrowing)
    {
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(_engine.Token);
        var stream = new LateStream(first: afterGrowing ? 5_000 : 10);
        using var content = new StreamContent(stream);

        var reading = CappedBody.ReadAsync(content, Cap, cancelling.Token, _pool).AsTask();
        await cancelling.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => reading);
        stream.WriteLate();

        _pool.Missing.ShouldBe(1);
        _pool.GivenBack.Count.ShouldBe(afterGrowing ? 1 : 0);
        _pool.GivenBack.SelectMany(buffer => buffer).ShouldAllBe(b => b == 0);
    }

    /// <summary>Each answer is full of its own number, in all ways in which an answer comes and breaks off.</summary>
    [Fact]
    public async Task ExecutionsThatBreakOffAmongOthers_ValuesNeverMix()
    {
        const int rounds = 12;
        const int atOnce = 48;
        await using var upstream = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is { } request)
                await AnswerAsync(connection, int.Parse(request.Target[1..], CultureInfo.InvariantCulture));
        });

        for (var round = 0; round < rounds; round++)
        {
            var first = round * atOnce;
            await Task.WhenAll(Enumerable.Range(first, atOnce).Select(number => ExecuteAsync(upstream, number)));
        }
    }

    private async Task ExecuteAsync(RawUpstream upstream, int number)
    {
        var config = Configs.Get($"{upstream.Url}/{number}")
            .Selecting("number", "$.number").Selecting("text", "$.list[-1]");
        if (KindOf(number) == Kind.Held)
            // The outcome comes at the deadline, while the attempt still reads.
            config.Request.Timeout = Duration.FromTimeSpan(ContractLimits.MinTimeout);
        // A workspace of its own: the circuit to a host that breaks off again and again opens.
        var input = new ExecutionInput($"{number}", new Dictionary<string, Value>(), "", BodyView.Unspecified);
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(_engine.Token);
        if (KindOf(number) == Kind.Left)
            leaving.CancelAfter(TimeSpan.FromMilliseconds(number % 20));

        var plan = _engine.Compile(config);
        var outcome = _engine.Engine.ExecuteAsync(plan, input, leaving.Token).LastAsync(_engine.Token);

        switch (KindOf(number))
        {
            case Kind.Left:
                await Should.ThrowAsync<OperationCanceledException>(async () => await outcome);
                break;
            case Kind.Held:
                (await outcome).Failure.Reason.ShouldBe(FailureReason.Timeout);
                break;
            case Kind.Closed:
                (await outcome).Failure.Reason.ShouldBe(FailureReason.Connection);
                break;
            default:
                var result = (await outcome).Result.ShouldNotBeNull();
                result.Variables["number"].NumberValue.ShouldBe(number);
                result.Variables["text"].StringValue.ShouldBe(Word(number));
                break;
        }
    }

    private static async Task AnswerAsync(RawConnection connection, int number)
    {
        var words = Enumerable.Repeat($"\"{Word(number)}\"", 1 + (number % 7 * 700));
        var body = Encoding.UTF8.GetBytes($$"""{"list":[{{string.Join(',', words)}}],"number":{{number}}}""");
        switch (KindOf(number))
        {
            case Kind.Gzip:
                var zipped = Encoded(body, "gzip");
                await connection.SendAsync(
                    $"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {zipped.Length}\r\n\r\n");
                await connection.SendAsync(zipped);
                break;
            case Kind.Chunked:
                await connection.SendAsync("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                foreach (var piece in body.Chunk(3_000))
                    await connection.SendAsync(
                        (byte[])[.. Encoding.ASCII.GetBytes($"{piece.Length:x}\r\n"), .. piece, .. "\r\n"u8]);
                await connection.SendAsync("0\r\n\r\n");
                break;
            default:
                await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n");
                var isWhole = KindOf(number) == Kind.Whole;
                await connection.SendAsync(body.AsMemory(0, isWhole ? body.Length : body.Length - 20));
                if (KindOf(number) == Kind.Closed)
                    connection.Reset();
                else if (!isWhole)
                    await connection.HoldAsync();
                break;
        }
    }

    private static Kind KindOf(int number) => (Kind)(number % (int)Kind.Count);

    private static string Word(int number) => $"number-{number:0000}";

    private static byte[] Text(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)('a' + (i % 26)))];

    private static StreamContent Content(byte[] bytes, string codings, bool statesLength)
    {
        // A stream that doesn't know its length.
        var content = new StreamContent(new GZipStream(
            new MemoryStream(Encoded(bytes, "gzip")), CompressionMode.Decompress));
        if (codings.Length > 0)
            content.Headers.TryAddWithoutValidation("Content-Encoding", codings);
        if (statesLength)
            content.Headers.ContentLength = bytes.Length;
        return content;
    }

    private static byte[] Encoded(
        byte[] bytes, string codings, CompressionLevel level = CompressionLevel.Fastest)
    {
        foreach (var coding in codings.Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            var encoded = new MemoryStream();
            using (Stream coder = coding == "br"
                ? new BrotliStream(encoded, level)
                : new GZipStream(encoded, level))
                coder.Write(bytes);
            bytes = encoded.ToArray();
        }

        return bytes;
    }

    /// <summary>The buffer of a decoder that failed is left to the garbage collector.</summary>
    private void ShouldGiveAllBack(CappedBody body, int failures)
    {
        body.Dispose();
        body.Dispose();
        _pool.Missing.ShouldBe(failures);
        _pool.GivenBack.ShouldNotBeEmpty();
        body.Bytes.Length.ShouldBe(0);
    }

    private enum Kind
    {
        Whole,
        Chunked,
        Held,
        Gzip,
        Left,
        Closed,
        Count,
    }

    /// <summary>Has some bytes, then waits; and when it is cancelled, it ends at once, but keeps the buffer.</summary>
    private sealed class LateStream(int first) : MemoryStream
    {
        private Memory<byte> _kept;
        private int _left = first;

        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            _kept = buffer;
            if (_left == 0)
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            var read = Math.Min(_left, buffer.Length);
            buffer.Span[..read].Fill((byte)'x');
            _left -= read;
            return read;
        }

        public void WriteLate() => _kept.Span.Fill((byte)'y');
    }
}
