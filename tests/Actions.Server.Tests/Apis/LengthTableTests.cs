using System.Globalization;
using System.Text;
using Actions.V1;

namespace Actions.Server.Tests.Apis;

/// <summary>The table about lengths in docs/apis.md, row by row; the engine's tests have the rows of HTTP/2.</summary>
public sealed class LengthTableTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Guide = "docs/apis.md";
    private const string Heading = "Lengths";

    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> Rows =>
        [.. DocTable.Read(Guide, Heading).Index().Where(row => row.Item["HTTP"].StartsWith('1')).Select(row =>
            row.Index)];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Body_CountsAsWholeOrNot(int number)
    {
        var row = DocTable.Read(Guide, Heading)[number];
        var headers = row["headers"].Length == 0 ? "" : $"{Encoding.ASCII.GetString(row.Bytes("headers"))}\r\n";
        byte[] response =
        [
            .. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture,
                $"HTTP/{row["HTTP"]} {row["status"]} Whatever\r\n{headers}\r\n")),
            .. row.Bytes("body"),
        ];
        await using var upstream = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await connection.SendAsync(response);
                if (row["then"] == "closes")
                    return;
            }
        });
        var stored = await _server.CreateAsync(AnAction.Calling(upstream.Url));

        var outcome = (await _server.ExecuteAsync(new() { Id = stored.Id, BodyView = BodyView.Full }))[^1];
        var shown = await _server.Configs.InitializeAsync(new() { Id = stored.Id }, cancellationToken: Token);

        if (!Enum.TryParse<FailureReason>(row["outcome"].Replace("_", "", StringComparison.Ordinal), ignoreCase: true,
            out var reason))
        {
            outcome.Result.ShouldNotBeNull($"{row}: {outcome.Failure}").Body.ToStringUtf8().ShouldBe(row["outcome"]);
            shown.Sample.ShouldNotBeNull(row.ToString()).Body.ToStringUtf8().ShouldBe(row["outcome"]);
            return;
        }

        outcome.Failure.ShouldNotBeNull(row.ToString()).Reason.ShouldBe(reason);
        outcome.Failure.Detail.ShouldContain(row["told"], Case.Sensitive);
        // A sample is taken whatever the status.
        shown.Failure.ShouldNotBeNull(row.ToString()).Reason.ShouldBe(reason == FailureReason.HttpStatus
            ? FailureReason.InvalidResponse : reason);
    }
}
