using System.Text;
using Actions.Engine.Executions;
using Actions.Engine.Limits;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Engine.Tests.Fuzz;

/// <summary>Whatever bytes an API answers with, the story has one end, and Initialize an outcome.</summary>
public sealed class ResponseFuzzTests
{
    private static readonly string[] Responses =
    [
        RawUpstream.Response("""{"order": {"status": "shipped", "items": [1, 2.5, "x", null]}}"""),
        RawUpstream.Response("ok", "text/plain; charset=iso-8859-1"),
        RawUpstream.Response("", status: "204 No Content"),
        RawUpstream.Response("""{"error": "no"}""", status: "503 Service Unavailable"),
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n2;x=y\r\n1}\r\n0\r\nX-Trailer: 1\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json; charset=utf-16\r\n\r\n{}",
        "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\u008b",
        RawUpstream.Response("<?xml version=\"1.0\" encoding=\"iso-8859-1\"?><s:a xmlns:s=\"urn:s\"><b c=\"1\">x</b><b/>&lt;<![CDATA[y]]></s:a>", "text/xml"),
        RawUpstream.Response("""{"order": {"status": "{\"inner\": [1]}"}, "text": "caf\u00e9 \u0085 \ud83d"}""", "application/json; charset=\"windows-31j\";"),
        RawUpstream.Response("""{"detail": "no"}""", "application/problem+json; charset=utf-16", "400 Bad Request"),
    ];

    private static readonly string[] Words =
    [
        "\r\n", "\r", "\n", "\0", ":", ";", ",", " ", "\t", "HTTP/1.1 ", "HTTP/2.0", "200", "099", "999", "1xx", "Content-Length: ", "Content-Length: -1", "99999999999999999999",
        "Transfer-Encoding: chunked", "Content-Encoding: br", "Content-Encoding: deflate", "Content-Type: ", "charset=", "charset=utf-7", "ffffffffffffffff", "Location: http://[", "Location: //", "Retry-After: Sun",
        "Set-Cookie: a=b", "Connection: ", "{", "}", "[[[[[[[[", "\"", "\\ud800", "1e999", "\u00ff\u00fe",
        "<", "</", "/>", "<!DOCTYPE a [", "<!ENTITY e SYSTEM \"file:///\">", "&e;", "&#x85;", "]]>",
            "xmlns:", "charset=big5", "charset=iso-2022-jp", "\u001b$B", "\u0085", "\u00ef\u00bb\u00bf", "\\u0085",
    ];

    [Fact]
    public async Task AnyAnswer_EndsTheStoryOnce()
    {
        byte[] answer = [];
        await using var upstream = new RawUpstream(async connection =>
        {
            if (await connection.ReadRequestAsync() is not null)
                await connection.SendAsync(answer.AsMemory());
        });
        using var engine = new EngineUnderTest();
        var config = Configs.Get($"{upstream.Url}/").Selecting("status", "$.order.status").Selecting("all", "$..*")
            .WithSource("text", "text").WithSource("name", "header:Content-Type");
        config.Results.Add(new ResultField { Variable = "xml", Xpath = "//*[contains(., 'x')] | //@*" });
        config.Results.Add(new ResultField { Variable = "inner", Source = "result:status", JsonPath = "$.inner[*]" });
        config.Results.Add(new ResultField { Variable = "node", Source = "result:text", Xpath = "/s:a/b" });
        config.ErrorFields.Add(new ResultField { Variable = "detail", JsonPath = "$.detail" });
        config.ErrorFields.Add(new ResultField { Variable = "said", Source = "text" });
        config.Request.Timeout = Duration.FromTimeSpan(ContractLimits.MinTimeout);
        config.ResponsePolicy = new ResponsePolicy
        {
            MaxRedirects = 3,
            Rules = { new OutcomeRule { Status = "400", Outcome = Outcome.Failure, Message = "{text} {said} {name}" } },
        };
        var plan = engine.Compile(config);
        var input = new ExecutionInput("fuzz", new Dictionary<string, Value>(), "", BodyView.Unspecified);

        await FuzzRun.PlayAsync("HTTP responses", new Mutator(Responses, Words, FuzzRun.Seed), async response =>
        {
            answer = response;
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30), TimeProvider.System);
            var events = await engine.Engine.ExecuteAsync(plan, input, patience.Token).ToListAsync(patience.Token);

            events[0].Start.ShouldNotBeNull();
            events[^1].EventCase.ShouldBeOneOf(ExecutionEvent.EventOneofCase.Result, ExecutionEvent.EventOneofCase.Failure);
            events.Count(told => told.Result is not null || told.Failure is not null).ShouldBe(1);
            if (events[^1].Failure is { } failure)
            {
                failure.Reason.ShouldNotBe(FailureReason.Unspecified);
                failure.Detail.ShouldNotBeEmpty();
                failure.Message.Any(c => c is >= '\u0080' and <= '\u009f').ShouldBeFalse();
            }

            var sample = await engine.Engine.InitializeAsync(plan, input, patience.Token);
            sample.OutcomeCase.ShouldNotBe(InitializeResponse.OutcomeOneofCase.None);
            return events[^1].Result is not null;
        });
    }
}
