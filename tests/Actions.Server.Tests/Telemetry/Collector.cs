using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Actions.Server.Tests.Telemetry;

/// <summary>An OpenTelemetry collector, as far as to read the sums of one metric (OTLP over HTTP, protobuf). It takes
/// spans, too.</summary>
internal sealed class Collector : IAsyncDisposable
{
    // opentelemetry/proto/metrics/v1/metrics.proto: ExportMetricsServiceRequest.resource_metrics, .scope_metrics,
    // .metrics.
    private static readonly int[] WayToMetrics = [1, 2, 2];
    private const int NameField = 1;
    private const int SumField = 7;
    private const int DataPointsField = 1;
    private const int AttributesField = 7;
    private const int AsIntField = 6;

    private readonly WebApplication _app;
    private readonly Channel<long> _values = Channel.CreateUnbounded<long>();
    private readonly ConcurrentQueue<byte[]> _bodies = [];

    private Collector(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    /// <summary>All requests, one after the other.</summary>
    public byte[] Received => [.. _bodies.SelectMany(body => body)];

    public static async Task<Collector> StartAsync(string metric)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var collector = new Collector(app);
        app.MapPost("/v1/metrics", async (HttpRequest request) =>
        {
            foreach (var value in ValuesOf(metric, await collector.KeepAsync(request)))
                collector._values.Writer.TryWrite(value);
        });
        app.MapPost("/v1/traces", async (HttpRequest request) =>
        {
            await collector.KeepAsync(request);
        });
        await app.StartAsync();
        return collector;
    }

    /// <summary>Ends when the metric was sent with this value, whatever it was before.</summary>
    public async Task ReceivedAsync(long wanted, CancellationToken cancellationToken)
    {
        while (await _values.Reader.ReadAsync(cancellationToken) != wanted)
        {
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<byte[]> KeepAsync(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        _bodies.Enqueue(body.ToArray());
        return body.ToArray();
    }

    private static IEnumerable<long> ValuesOf(string metric, byte[] request)
    {
        IEnumerable<byte[]> messages = [request];
        foreach (var field in WayToMetrics)
            messages = messages.SelectMany(message => Fields(message, field)).ToList();
        var points = messages.Where(message => Fields(message, NameField).Any(name => name.AsSpan().SequenceEqual(System.Text.Encoding.UTF8.GetBytes(metric))))
            .SelectMany(message => Fields(message, SumField)).SelectMany(sum => Fields(sum, DataPointsField)).ToList();
        points.ShouldAllBe(point => Fields(point, AttributesField).Count == 0);
        return points.SelectMany(point => Fields(point, AsIntField)).Select(value => BitConverter.ToInt64(value));
    }

    // The bytes of each field with this number; a fixed64's are its eight.
    private static List<byte[]> Fields(byte[] message, int number)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is not 0 and var tag)
        {
            if (WireFormat.GetTagFieldNumber(tag) != number)
                input.SkipLastField();
            else if (WireFormat.GetTagWireType(tag) == WireFormat.WireType.Fixed64)
                found.Add(BitConverter.GetBytes(input.ReadFixed64()));
            else
                found.Add(input.ReadBytes().ToByteArray());
        }

        return found;
    }
}
