using System.Text;
using Actions.V1;

namespace Actions.Server.Tests.Apis;

/// <summary>The table about requests in docs/apis.md, row by row.</summary>
public sealed class RequestTableTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Guide = "docs/apis.md";
    private const string Heading = "Requests";

    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, DocTable.Read(Guide, Heading).Count)];

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Headers_SentAsShown(int number)
    {
        var row = DocTable.Read(Guide, Heading)[number];
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling($"{upstream.Url}/orders");
        action.Request.Method = Enum.Parse<V1.HttpMethod>(row["method"], ignoreCase: true);
        foreach (var line in Lines(row, "headers"))
            action.Request.Headers.Add(new Header { Name = line.Split(':', 2)[0], Value = line.Split(':',
                2)[1].Trim() });
        SetBody(action.Request, row["body"]);
        if (row["sent"] == "refused")
        {
            (await Refusal.OfAsync(_server.Configs.CreateActionConfigAsync(new() { ActionConfig = action },
                cancellationToken: Token)))
                .Violations.ShouldContain(violation => violation.Field == "action_config.request.headers[0].name");
            return;
        }

        var stored = await _server.CreateAsync(action);
        var shown = (await _server.Configs.InitializeAsync(new() { Id = stored.Id }, cancellationToken: Token)).Request;
        (await _server.ExecuteAsync(new() { Id = stored.Id }))[^1].Result.ShouldNotBeNull(row.ToString());

        foreach (var request in upstream.Requests)
        {
            var sent = request.Headers.Select(header =>
                $"{header.Key}: {header.Value}").Except([$"Host: {new Uri(upstream.Url).Authority}"]).ToList();
            sent.Where(line => !IsDefault(line)).ShouldBe(Lines(row, "sent"), row.ToString());
            sent.Where(line => !line.StartsWith("Content-Length:", StringComparison.Ordinal))
                .ShouldBe(shown.Headers.Select(header => $"{header.Name}: {header.Value}"), row.ToString());
            request.Text.ShouldBe(shown.Body);
        }

        upstream.Requests.Count.ShouldBe(2);
    }

    private static bool IsDefault(string line) =>
        line is "Accept: application/json, */*;q=0.8" or "Accept-Encoding: gzip, deflate, br"
        || line.StartsWith("User-Agent: Actions.Grpc/", StringComparison.Ordinal);

    // The last line of a cell loses the blank behind its colon.
    private static IEnumerable<string> Lines(DocRow row, string column) =>
        Encoding.UTF8.GetString(row.Bytes(column)).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => column == "sent" && line.EndsWith(':') ? $"{line} " : line);

    private static void SetBody(HttpRequest request, string cell)
    {
        var text = cell.Contains('`', StringComparison.Ordinal) ? cell.Split('`')[1] : "";
        switch (cell.Split(' ')[0])
        {
            case "json":
                request.JsonBody = text;
                break;
            case "form":
                request.FormBody = new();
                if (text.Split('=') is [var name, var value])
                    request.FormBody.Fields.Add(new QueryParameter { Name = name, Value = value });
                break;
            case "text":
                request.TextBody = new() { Text = text, ContentType = "text/plain" };
                break;
        }
    }
}
