using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Actions.Server.Tests.Telemetry;

/// <summary>An OpenTelemetry collector, as far as to read spans (OTLP over HTTP, protobuf).</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    // opentelemetry/proto/trace/v1/trace.proto: ExportTraceServiceRequest.resource_spans, .scope_spans, .spans.
    private static readonly int[] WayToSpans = [1, 2, 2];

    private readonly WebApplication _app;
    private readonly Channel<ReceivedSpan> _spans = Channel.CreateUnbounded<ReceivedSpan>();

    private TraceCollector(WebApplication app) => _app = app;

    /// <summary>The settings of a server that sends its spans here, and no metrics.</summary>
    public Dictionary<string, string> Settings => new()
    {
        ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{_app.Urls.Single()}/v1/traces",
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "50",
    };

    public static async Task<TraceCollector> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var collector = new TraceCollector(app);
        app.MapPost("/v1/traces", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            IEnumerable<byte[]> messages = [body.ToArray()];
            foreach (var field in WayToSpans)
                messages = messages.SelectMany(message => ReceivedSpan.Fields(message, field)).ToList();
            foreach (var span in messages)
                collector._spans.Writer.TryWrite(ReceivedSpan.Parse(span));
        });
        await app.StartAsync();
        return collector;
    }

    /// <summary>The spans of one trace, as soon as there are so many. Other servers of this process send theirs,
    /// too.</summary>
    public Task<IReadOnlyList<ReceivedSpan>> ReceiveAsync(
        string traceId, int count, CancellationToken cancellationToken) =>
        ReceiveAsync(span => span.TraceId == traceId, count, cancellationToken);

    public async Task<IReadOnlyList<ReceivedSpan>> ReceiveAsync(
        Func<ReceivedSpan, bool> isWanted, int count, CancellationToken cancellationToken)
    {
        var spans = new List<ReceivedSpan>();
        while (spans.Count < count)
        {
            var span = await _spans.Reader.ReadAsync(cancellationToken);
            if (isWanted(span))
                spans.Add(span);
        }

        return spans;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>A span of opentelemetry/proto/trace/v1/trace.proto.</summary>
/// <param name="Kind">1: internal, 3: client.</param>
/// <param name="Start">Nanoseconds since 1970.</param>
/// <param name="Status">2: error.</param>
/// <param name="Raw">All of it.</param>
internal sealed record ReceivedSpan(
    string TraceId, string Id, string ParentId, string Name, int Kind, long Start, long End, int Status,
    IReadOnlyDictionary<string, string> Attributes, byte[] Raw)
{
    private const int StringValue = 1;
    private const int BoolValue = 2;
    private const int IntValue = 3;

    public static ReceivedSpan Parse(byte[] span) => new(
        Hex(span, 1),
        Hex(span, 2),
        Hex(span, 4),
        Text(span, 5),
        (int)Number(span, 6),
        Number(span, 7),
        Number(span, 8),
        Fields(span, 15).Select(status => (int)Number(status, 3)).FirstOrDefault(),
        Fields(span, 9).ToDictionary(pair => Text(pair, 1), pair => ValueOf(Fields(pair, 2).Single())),
        span);

    /// <summary>The bytes of each field with this number; of a number its eight.</summary>
    public static List<byte[]> Fields(byte[] message, int number)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) != number)
                input.SkipLastField();
            else
                found.Add(WireFormat.GetTagWireType(tag) switch
                {
                    WireFormat.WireType.Fixed64 => BitConverter.GetBytes(input.ReadFixed64()),
                    WireFormat.WireType.Varint => BitConverter.GetBytes(input.ReadUInt64()),
                    _ => input.ReadBytes().ToByteArray(),
                });
        }

        return found;
    }

    private static string ValueOf(byte[] value) =>
        Fields(value, StringValue) is [var text] ? Encoding.UTF8.GetString(text)
        : Fields(value, BoolValue).Count == 1 ? Number(value, BoolValue) == 1 ? "true" : "false"
        : Fields(value, IntValue).Count == 1 ? Number(value, IntValue).ToString(CultureInfo.InvariantCulture)
        : BitConverter.ToDouble(Fields(value, 4).Single()).ToString(CultureInfo.InvariantCulture);

    private static string Hex(byte[] message, int field) =>
        Convert.ToHexStringLower(Fields(message, field).SingleOrDefault() ?? []);

    private static string Text(byte[] message, int field) =>
        Encoding.UTF8.GetString(Fields(message, field).SingleOrDefault() ?? []);

    private static long Number(byte[] message, int field) =>
        Fields(message, field) is [var bytes] ? BitConverter.ToInt64(bytes) : 0;
}
