using Actions.Engine.Response;
using Actions.V1;

namespace Actions.Engine.Tests.Faults;

/// <summary>A good API behind a bad network: each toxic of <see cref="FaultProxy"/>, from the phase on.</summary>
internal static class ToxicFaults
{
    private const string Kernel = "the kernel connects";
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n";
    private static readonly string Body = $"{{\"text\": \"{new string('x', 2_000)}\"}}";
    private static readonly TimeSpan Little = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(2);

    public static IReadOnlyList<FaultRow> Rows { get; } =
    [
        Row("latency", null, Toxics.Latency(Little)),
        Row("latency beyond the time-out", FailureReason.Timeout, Toxics.Latency(Long)),
        Row("bandwidth", null, Toxics.Bandwidth(50_000)),
        Row("bandwidth of a few bytes", FailureReason.Timeout, Toxics.Bandwidth(50)),
        new(
            "slow close",
            Kernel,
            "nothing closes there",
            "nothing closes there",
            new Case("slow close of a body that ends with the connection", FailureReason.Timeout, () => Plain(Toxics.SlowClose(Long)))),
        Row("time-out", FailureReason.Timeout, Toxics.Swallow()),
        Row("reset by the network", FailureReason.Connection, Toxics.Reset()),
        Row("slicer", null, Toxics.Slicer(200, TimeSpan.FromMilliseconds(1))),
        // A body that ends with the connection would only seem shorter: this one states its length.
        new(
            "limit",
            Kernel,
            new Case("limit: TLS", FailureReason.Connection, () => Secured(Toxics.Limit(100))),
            new Case("limit: headers", FailureReason.Connection, () => Plain(Toxics.Limit(20))),
            new Case("limit: body", FailureReason.Connection, () => new FaultProxy(
                FaultUpstream.Answering(RawUpstream.Response(Body)), toClient: [Toxics.Limit(500)]))),
        new(
            "all that is slow together",
            Kernel,
            new Case("combined: TLS", null, () => Secured(Slow)) { Share = 1 },
            new Case("combined: headers", null, () => Plain(Slow)) { Share = 1 },
            new Case("combined: body", null, () => Plain([.. Slow.Select(toxic => Toxics.After(Head.Length, toxic))])) { Share = 1 }),
        new(
            "the same on the way to the API",
            Kernel,
            new Case("latency of the request: TLS", FailureReason.Timeout, () => new FaultProxy(
                FaultUpstream.Tls(TestAuthority.Valid, Answer), toServer: [Toxics.Latency(Long)])),
            new Case("reset of the request", FailureReason.Connection, () => new FaultProxy(
                FaultUpstream.Plain(Answer), toServer: [Toxics.After(20, Toxics.Reset())])),
            "the request has arrived"),
    ];

    private static Toxic[] Slow =>
        [Toxics.Slicer(500, TimeSpan.FromMilliseconds(1)), Toxics.Latency(TimeSpan.FromMilliseconds(5)), Toxics.Bandwidth(100_000), Toxics.SlowClose(Little)];

    private static FaultRow Row(string fault, FailureReason? reason, Toxic toxic) => new(
        fault,
        Kernel,
        new Case($"{fault}: TLS", reason, () => Secured(toxic)) { Share = reason is null ? 1 : 10 },
        new Case($"{fault}: headers", reason, () => Plain(toxic)) { Share = reason is null ? 1 : 10 },
        new Case($"{fault}: body", reason, () => Plain(Toxics.After(Head.Length, toxic))) { Share = reason is null ? 1 : 10 });

    private static FaultProxy Plain(params Toxic[] toClient) => new(FaultUpstream.Plain(Answer), toClient: toClient);

    private static FaultProxy Secured(params Toxic[] toClient) =>
        new(FaultUpstream.Tls(TestAuthority.Valid, Answer), toClient: toClient);

    private static async Task Answer(FaultPeer peer)
    {
        await peer.ReadRequestAsync();
        await peer.SendAsync(Head);
        await peer.SendAsync(Body);
    }
}
