using System.Text;
using Actions.Engine.Tests.Faults;
using Actions.V1;

namespace Actions.Engine.Tests.Outbound;

/// <summary>The rows of HTTP/2 in the table about lengths in docs/apis.md.</summary>
public sealed class Http2LengthTests : IDisposable
{
    private const string Guide = "docs/apis.md";
    private const string Heading = "Lengths";

    private readonly FaultEngine _engine = new();

    public void Dispose() => _engine.Dispose();

    public static TheoryData<int> Rows =>
        [.. DocTable.Read(Guide, Heading).Index().Where(row => row.Item["HTTP"] == "2").Select(row => row.Index)];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Body_CountsAsWholeOrNot(int number)
    {
        var row = DocTable.Read(Guide, Heading)[number];
        var reason = Enum.TryParse<FailureReason>(row["outcome"].Replace("_", "", StringComparison.Ordinal),
            ignoreCase: true, out var parsed)
            ? parsed
            : (FailureReason?)null;
        await using var upstream = FaultUpstream.Http2(async peer =>
        {
            for (var stream = await peer.ReadRequestAsync(); ; stream = await peer.NextRequestAsync())
            {
                await peer.SendAsync(Http2Peer.Headers, Http2Peer.EndHeaders, stream,
                    Headers(Encoding.ASCII.GetString(row.Bytes("headers"))));
                await peer.SendAsync(Http2Peer.Data, Http2Peer.EndStream, stream, row.Bytes("body"));
            }
        });

        var told = await _engine.RunAsync(
            _engine.Compile(new Faults.Case(row.ToString(), reason, () => upstream), upstream.Url),
                TestContext.Current.CancellationToken);

        told.Reason.ShouldBe(reason, $"{row}: {told.Detail}");
        if (reason is null)
            told.Events[^1].Result.Body.ToStringUtf8().ShouldBe(row["outcome"]);
        else
            told.Detail.ShouldContain(row["told"], Shouldly.Case.Sensitive);
    }

    /// <summary>:status 200 and literal fields without indexing, RFC 7541 section 6.2.2.</summary>
    private static byte[] Headers(string lines) =>
    [
        0x88,
        .. lines.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(": ")).SelectMany(field => (byte[])
        [
            0, (byte)field[0].Length, .. Encoding.ASCII.GetBytes(field[0]), (byte)field[1].Length,
                .. Encoding.ASCII.GetBytes(field[1]),
        ]),
    ];
}
