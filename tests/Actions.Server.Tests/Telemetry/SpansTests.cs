using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Actions.Server.Tests.Telemetry;

/// <summary>The spans of executions as a collector gets them.</summary>
public sealed class SpansTests
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string ClientsSpan = "00f067aa0ba902b7";

    [Fact]
    public async Task Execution_ChildOfTheClientsSpanWithAChildForEachAttempt()
    {
        var first = 1;
        await using var upstream = RawUpstream.Answering(_ => Interlocked.Exchange(ref first, 0) == 1
            ? RawUpstream.Response("", status: "503 Busy")
            : RawUpstream.Response("{}"));
        await using var collector = await TraceCollector.StartAsync();
        await using var server = await RunningServer.StartAsync(collector.Settings);
        var action = AnAction.Calling($"{upstream.Url}/guests/{{{{guest}}}}?key={{{{guest}}}}");
        var backoff = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(10));
        action.RetryPolicy = new() { MaxAttempts = 2, InitialBackoff = backoff };
        var id = (await server.CreateAsync(action)).Id;

        await ExecuteAsync(server, new()
        {
            Id = id,
            CallId = "call-7",
            ToolCallId = "tool-9",
            Variables = { ["guest"] = Value.ForString("Ada") },
        });

        var spans = await collector.ReceiveAsync(Trace, 3, TestContext.Current.CancellationToken);
        var tool = spans.Single(span => span.ParentId == ClientsSpan);
        (tool.Name, tool.Kind, tool.Status).ShouldBe(($"execute_tool {action.Name}", 1, 0));
        tool.Attributes["gen_ai.operation.name"].ShouldBe("execute_tool");
        tool.Attributes["gen_ai.tool.name"].ShouldBe(action.Name);
        tool.Attributes["gen_ai.tool.call.id"].ShouldBe("tool-9");
        tool.Attributes["gen_ai.conversation.id"].ShouldBe("call-7");
        tool.Attributes.Keys.ShouldNotContain("error.type");
        var attempts = spans.Where(span => span.ParentId == tool.Id).OrderBy(span => span.Start).ToList();
        attempts.Select(span => (span.Name, span.Kind, span.Status)).ShouldBe([("GET", 3, 2), ("GET", 3, 0)]);
        attempts.Select(span => span.Attributes["http.response.status_code"]).ShouldBe(["503", "200"]);
        attempts.Select(span => span.Attributes.GetValueOrDefault("error.type")).ShouldBe(["http_status", null]);
        attempts.Select(span => span.Attributes.GetValueOrDefault("http.request.resend_count")).ShouldBe([null, "1"]);
        attempts.ShouldAllBe(span => span.Attributes["url.full"] == $"{upstream.Url}/guests/{{guest}}"
            && span.Attributes["server.address"] == "127.0.0.1"
            && span.Attributes["network.peer.address"] == "127.0.0.1"
            && span.Attributes["network.protocol.version"] == "1.1"
            && span.Attributes.ContainsKey("actions.phase.wait"));
        attempts.ShouldAllBe(span => tool.Start <= span.Start && span.Start <= span.End);
    }

    [Fact]
    public async Task CallWithoutATrace_HasOneOfItsOwn()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var collector = await TraceCollector.StartAsync();
        await using var server = await RunningServer.StartAsync(collector.Settings);
        var action = await server.CreateAsync(AnAction.Calling(upstream.Url));

        await server.ExecuteAsync(new() { Id = action.Id });

        var spans = await collector.ReceiveAsync(
            span => span.Name == $"execute_tool {action.Name}", 1, TestContext.Current.CancellationToken);
        spans.Single().ParentId.ShouldBeEmpty();
    }

    [Fact]
    public async Task FailedExecution_ErrorWithItsReasonWithoutHistoryToo()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("", status: "404 Nothing"));
        await using var collector = await TraceCollector.StartAsync();
        var settings = collector.Settings;
        settings["History:Level"] = "off";
        await using var server = await RunningServer.StartAsync(settings);
        var id = (await server.CreateAsync(AnAction.Calling(upstream.Url))).Id;

        await ExecuteAsync(server, new() { Id = id });

        var spans = await collector.ReceiveAsync(Trace, 2, TestContext.Current.CancellationToken);
        spans.ShouldAllBe(span => span.Status == 2 && span.Attributes["error.type"] == "http_status");
    }

    [Theory]
    [InlineData("execution", "execute_tool")]
    [InlineData("attempt", "GET")]
    public async Task EveryAttribute_IsInTheTableOfTheGuide(string kind, string name)
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}", status: "404 Nothing"));
        await using var collector = await TraceCollector.StartAsync();
        await using var server = await RunningServer.StartAsync(collector.Settings);
        var id = (await server.CreateAsync(AnAction.Calling(upstream.Url))).Id;
        await ExecuteAsync(server, new() { Id = id, CallId = "call", ToolCallId = "tool" });

        var spans = await collector.ReceiveAsync(Trace, 2, TestContext.Current.CancellationToken);

        var documented = DocTable.Read("docs/operations.md", "Traces").Where(row => row["span"] == kind)
            .Select(row => row["attribute"]).ToList();
        spans.Single(span => span.Name.StartsWith(name, StringComparison.Ordinal)).Attributes.Keys
            .ShouldBeSubsetOf(documented);
    }

    [Fact]
    public async Task ExporterNone_NoSpans()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var collector = await TraceCollector.StartAsync();
        var settings = collector.Settings;
        settings["OTEL_TRACES_EXPORTER"] = "none";
        await using var silent = await RunningServer.StartAsync(settings);
        await using var server = await RunningServer.StartAsync(collector.Settings);
        silent.Services.GetService(typeof(OpenTelemetry.Trace.TracerProvider)).ShouldBeNull();

        var id = (await server.CreateAsync(AnAction.Calling(upstream.Url))).Id;
        await ExecuteAsync(server, new() { Id = id });

        (await collector.ReceiveAsync(Trace, 2, TestContext.Current.CancellationToken)).Count.ShouldBe(2);
    }

    private static async Task ExecuteAsync(RunningServer server, ExecuteRequest request)
    {
        using var call = server.Actions.Execute(
            request, new Metadata { { "traceparent", $"00-{Trace}-{ClientsSpan}-01" } });
        await call.ReadToEndAsync();
    }
}
