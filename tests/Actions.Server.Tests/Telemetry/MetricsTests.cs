using Actions.Engine.Telemetry;
using Actions.Server.Telemetry;
using Actions.Server.Tests.Tidy;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Telemetry;

public sealed class MetricsTests
{
    private const string Tool = "gen_ai.execute_tool.duration actions.outcome=";
    private const string Operation = " gen_ai.operation.name=execute_tool";

    [Fact]
    public async Task Success_IsMeasuredWithItsAttemptEventsAndLookups()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync();
        using var measured = new Measured(server);
        var action = await server.CreateAsync(AnAction.Calling(upstream.Url));

        await server.ExecuteAsync(new() { Id = action.Id });
        await server.ExecuteAsync(new() { Id = action.Id });

        await HasAsync(measured, $"{Tool}success{Operation}", 2);
        await HasAsync(measured, "actions.attempt.duration actions.outcome=success actions.status_class=2xx", 2);
        await HasAsync(measured, "actions.event.lag actions.event.type=start", 2);
        await HasAsync(measured, "actions.event.lag actions.event.type=result", 2);
        await HasAsync(measured, "actions.catalog.lookups actions.catalog.result=miss", 1);
        await HasAsync(measured, "actions.catalog.lookups actions.catalog.result=hit", 1);
        await HasAsync(measured, "actions.catalog.load.duration", 1);
    }

    [Fact]
    public async Task RetriedFailure_IsMeasuredByReasonAndStatusClass()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("", status: "503 Service Unavailable"));
        await using var server = await RunningServer.StartAsync();
        using var measured = new Measured(server);
        var action = AnAction.Calling(upstream.Url);
        action.RetryPolicy = new() { MaxAttempts = 2, InitialBackoff = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(10)) };

        await server.ExecuteAsync(new() { Id = (await server.CreateAsync(action)).Id });

        await HasAsync(measured, $"{Tool}failure error.type=http_status{Operation}", 1);
        await HasAsync(measured, "actions.attempt.duration actions.outcome=failure actions.status_class=5xx error.type=http_status", 2);
        await HasAsync(measured, "actions.attempt.retries error.type=http_status", 1);
    }

    [Fact]
    public async Task BreakerThatOpens_IsCountedAndItsRefusalsToo()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("", status: "500 Internal Server Error"));
        await using var server = await RunningServer.StartAsync(new() { ["Engine:CircuitMinimumAttempts"] = "2" });
        using var measured = new Measured(server);
        var action = await server.CreateAsync(AnAction.Calling(upstream.Url));
        measured.Observe("actions.breaker.open").ShouldBe(0);

        for (var i = 0; i < 3; i++)
            await server.ExecuteAsync(new() { Id = action.Id });

        measured.Observe("actions.breaker.open").ShouldBe(1);
        await HasAsync(measured, "actions.breaker.transitions actions.breaker.state=open", 1);
        await HasAsync(measured, "actions.attempt.refusals actions.refusal.reason=breaker_open", 1);
        await HasAsync(measured, $"{Tool}failure error.type=overloaded{Operation}", 1);
        measured.Texts.Count(text => text.StartsWith("actions.attempt.duration", StringComparison.Ordinal)).ShouldBe(2);
    }

    [Fact]
    public async Task CallsInLine_AreCountedAndTheirWaitsMeasured()
    {
        using var answer = new SemaphoreSlim(0);
        await using var upstream = new RawUpstream(async connection =>
        {
            while (await connection.ReadRequestAsync() is not null)
            {
                await answer.WaitAsync(TestContext.Current.CancellationToken);
                await connection.SendAsync(RawUpstream.Response("{}"));
            }
        });
        await using var server = await RunningServer.StartAsync(
            new() { ["Engine:MaxCallsPerHost"] = "1", ["Engine:MaxLineLength"] = "1" });
        using var measured = new Measured(server);
        var action = await server.CreateAsync(AnAction.Calling(upstream.Url));
        var first = server.ExecuteAsync(new() { Id = action.Id });
        await upstream.NextRequestAsync(TestContext.Current.CancellationToken);
        var second = server.ExecuteAsync(new() { Id = action.Id });
        await Eventually.TrueAsync(() => Task.FromResult(measured.Observe("actions.line.waiting") == 1));

        (await server.ExecuteAsync(new() { Id = action.Id }))[^1].Failure.Reason.ShouldBe(FailureReason.Overloaded);
        answer.Release(2);
        await Task.WhenAll(first, second);

        await HasAsync(measured, "actions.attempt.refusals actions.refusal.reason=line_full", 1);
        await HasAsync(measured, "actions.line.wait.duration actions.line.outcome=turn", 1);
        measured.Observe("actions.line.waiting").ShouldBe(0);
    }

    [Fact]
    public async Task ToolNames_AreBounded()
    {
        await using var server = await RunningServer.StartAsync(new() { ["Telemetry:MaxToolNames"] = "1" });
        using var measured = new Measured(server);
        var first = await server.CreateAsync(AnAction.Any());
        var second = await server.CreateAsync(AnAction.Any());

        foreach (var action in new[] { first, second, first })
            await server.ExecuteAsync(new() { Id = action.Id, DryRun = true });

        await HasAsync(measured, $"{Tool}dry_run{Operation} gen_ai.tool.name={first.Name}", 2);
        await HasAsync(measured, $"{Tool}dry_run{Operation} gen_ai.tool.name=_OTHER", 1);
    }

    [Fact]
    public async Task StoreThatGoesAway_IsSeenAsUnavailable()
    {
        await using var server = await RunningServer.StartAsync(
            new() { ["Server:CatalogCheckInterval"] = "00:00:01", ["Readiness:CheckInterval"] = "00:00:01" });
        using var measured = new Measured(server);
        // SQLite has no change feed.
        measured.Observe("actions.catalog.polling").ShouldBe(1);
        await IsAsync(measured, "actions.store.unavailable", 0);

        File.Move(server.DatabasePath, server.DatabasePath + ".away");

        await IsAsync(measured, "actions.store.unavailable", 1);
        File.Move(server.DatabasePath + ".away", server.DatabasePath);
        await IsAsync(measured, "actions.store.unavailable", 0);
    }

    [Fact]
    public async Task TableInTheDocs_HasTheInstrumentsThatExist()
    {
        await using var server = await RunningServer.StartAsync();
        using var measured = new Measured(server);
        // Instruments are made with what uses them.
        await server.ExecuteAsync(new() { Id = (await server.CreateAsync(AnAction.Any())).Id, DryRun = true });
        var documented = Repository.Read("docs/operations.md").Split('\n')
            .Where(line => line.StartsWith("| `actions.", StringComparison.Ordinal) || line.StartsWith("| `gen_ai.", StringComparison.Ordinal))
            .Select(line => line.Split('|')).Where(cells => cells.Length == 7)
            .Select(cells => (Name: cells[1].Trim().Trim('`'), Unit: cells[2].Trim().Trim('`')));

        documented.ShouldBe(measured.Instruments.Select(instrument => (instrument.Name, instrument.Unit!)), ignoreOrder: true);
    }

    [Fact]
    public void EachFailureReason_HasAnErrorTypeOfItsOwn()
    {
        var types = System.Enum.GetValues<FailureReason>().Where(reason => reason != FailureReason.Unspecified)
            .Select(MetricTags.Of).ToList();

        types.ShouldBeUnique();
        types.ShouldNotContain(MetricTags.Other);
    }

    [Fact]
    public void WithoutAListener_NothingIsAllocated()
    {
        using var meters = new SilentMeters();
        var options = Microsoft.Extensions.Options.Options.Create(new TelemetryOptions());
        var executions = new ExecutionMetrics(meters, TimeProvider.System, options);
        var catalog = new CatalogMetrics(meters, TimeProvider.System);
        var last = new ExecutionEvent { Result = new Result(), Elapsed = new Duration() };
        void Execution()
        {
            catalog.Hit();
            executions.EventWritten(last, began: 0);
            executions.Ended("name", last, dryRun: false, began: 0);
        }

        Execution();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            Execution();

        // Of this thread alone; the tolerance is below one byte for each execution.
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(1_000);
    }

    private static Task HasAsync(Measured measured, string text, int count) =>
        Eventually.TrueAsync(() => Task.FromResult(measured.Count(text) == count), TimeSpan.FromSeconds(10));

    private static Task IsAsync(Measured measured, string name, double value) =>
        Eventually.TrueAsync(() => Task.FromResult(measured.Observe(name).Equals(value)));

    private sealed class SilentMeters : System.Diagnostics.Metrics.IMeterFactory
    {
        private readonly List<System.Diagnostics.Metrics.Meter> _meters = [];

        public System.Diagnostics.Metrics.Meter Create(System.Diagnostics.Metrics.MeterOptions options)
        {
            _meters.Add(new System.Diagnostics.Metrics.Meter(options));
            return _meters[^1];
        }

        public void Dispose() => _meters.ForEach(meter => meter.Dispose());
    }
}
