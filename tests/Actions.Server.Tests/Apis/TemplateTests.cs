using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Apis;

/// <summary>What becomes of templates: the rows of docs/apis.md.</summary>
public sealed class TemplateTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string Guide = "docs/apis.md";

    private readonly RunningServer _server = fixture.Server;

    public static TheoryData<string, string> Rows
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var section in (string[])["Placeholders", "Markup and messages", "Text bodies"])
            {
                foreach (var row in DocTable.Read(Guide, section))
                    data.Add(section, row.ToString());
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task Row_IsTrue(string section, string cells)
    {
        var row = DocTable.Read(Guide, section).First(row => row.ToString() == cells);
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        var action = AnAction.Calling(upstream.Url);
        action.Request.Method = V1.HttpMethod.Post;
        Put(action, row["place"], row["template"]);
        var becomes = row["becomes"];

        if (Said(becomes, "refused when saved:") is { } problem)
        {
            var refusal = await Refusal.OfAsync(_server.CreateAsync(action));
            ShouldSay(string.Join(' ', refusal.Violations.Select(violation => violation.Description)), problem);
            return;
        }

        var request = new ExecuteRequest { Id = (await _server.CreateAsync(action)).Id };
        request.Variables.Add(Struct.Parser.ParseJson(row["variables"]).Fields);
        if (Said(becomes, "refused when called:") is { } missing)
        {
            var refusal = await Refusal.OfAsync(
                _server.Actions.Execute(request, cancellationToken: TestContext.Current.CancellationToken));
            var said = refusal.Violations.Select(violation => $"{violation.Field} {violation.Description}");
            ShouldSay(string.Join(' ', said), missing);
            upstream.Requests.ShouldBeEmpty();
            return;
        }

        var events = await _server.ExecuteAsync(request);
        events[^1].Result.ShouldNotBeNull();
        Found(row["place"], events[0].Start, upstream.Requests.ShouldHaveSingleItem()).ShouldBe(becomes);
    }

    private static void Put(ActionConfig action, string place, string template)
    {
        var request = action.Request;
        switch (place)
        {
            case "path":
                request.Url += $"/{template}";
                break;
            case "query parameter":
                request.QueryParameters.Add(new QueryParameter { Name = "q", Value = template });
                break;
            case "header":
                request.Headers.Add(new Header { Name = "X-Text", Value = template });
                break;
            case "form field":
                request.FormBody = new FormBody { Fields = { new QueryParameter { Name = "q", Value = template } } };
                break;
            case "JSON body":
                request.JsonBody = template;
                break;
            case "message":
                action.Messages = new Messages { StartMessage = template };
                break;
            default:
                request.TextBody = new TextBody { ContentType = place, Text = template };
                break;
        }
    }

    private static string Found(string place, Start start, RawRequest request) => place switch
    {
        "path" => request.Path,
        "query parameter" => Uri.UnescapeDataString(request.Query![2..]),
        "header" => request.Header("X-Text").ShouldNotBeNull(),
        "form field" => Uri.UnescapeDataString(request.Text[2..].Replace('+', ' ')),
        "message" => start.Message,
        _ => request.Text,
    };

    private static string? Said(string becomes, string prefix) =>
        becomes.StartsWith(prefix, StringComparison.Ordinal) ? becomes[prefix.Length..].Trim() : null;

    /// <summary>An ellipsis stands for any words.</summary>
    private static void ShouldSay(string text, string expected)
    {
        var at = 0;
        foreach (var piece in expected.Split('…', StringSplitOptions.TrimEntries))
        {
            var found = text.IndexOf(piece, at, StringComparison.Ordinal);
            found.ShouldBeGreaterThanOrEqualTo(0, $"'{piece}' in: {text}");
            at = found + piece.Length;
        }
    }
}
