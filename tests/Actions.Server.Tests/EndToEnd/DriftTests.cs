using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Actions.Server.Execution.Reports;
using Actions.V1;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Server.Tests.EndToEnd;

public sealed class DriftTests
{
    private const string Sample = """{"order": {"status": "open", "total": 7}, "note": "a"}""";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnswerUnlikeTheSample_WarnsCountsAndIsLoggedOnceAMinute()
    {
        var answer = Sample;
        await using var upstream = RawUpstream.Answering(_ => RawUpstream.Response(answer));
        var clock = new ShiftedClock();
        await using var server = await RunningServer.StartAsync(time: clock);
        using var counter = new DriftCounter(server);
        var first = await InitializedAsync(server, upstream);
        var second = await InitializedAsync(server, upstream);

        (await ResultAsync(server, first)).Warnings.ShouldBeEmpty();
        answer = """{"order": {"total": "s3cret"}}""";
        var result = await ResultAsync(server, first);

        result.Warnings.Select(warning => (warning.Variable, warning.Kind)).ShouldBe(
            [("state", WarningKind.FieldMissing), ("total", WarningKind.TypeChanged)]);
        result.Variables["total"].StringValue.ShouldBe("s3cret");
        result.Warnings.ToString().ShouldNotContain("s3cret");
        counter.Counts.ShouldBe(new Dictionary<string, long> { ["field_missing"] = 1, ["type_changed"] = 1 }, ignoreOrder: true);
        var line = Logged(server, first).ShouldHaveSingleItem();
        line.ShouldStartWith("Warning ");
        line.ShouldContain("[14]");
        line.ShouldContain("state (field_missing), total (type_changed)");

        clock.Advance(TimeSpan.FromSeconds(50));
        await ResultAsync(server, first);
        Logged(server, first).Count().ShouldBe(1);
        await ResultAsync(server, second);
        Logged(server, second).Count().ShouldBe(1);
        clock.Advance(TimeSpan.FromSeconds(15));
        await ResultAsync(server, first);
        Logged(server, first).Count().ShouldBe(2);
        counter.Counts.ShouldBe(new Dictionary<string, long> { ["field_missing"] = 4, ["type_changed"] = 4 }, ignoreOrder: true);
        server.Log.ShouldNotContain(text => text.Contains("s3cret"));

        // What the API answers now is the new normal.
        await server.Configs.InitializeAsync(new() { Id = first.Id }, cancellationToken: Token);
        (await ResultAsync(server, first)).Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task ActionWithoutASample_NeverWarns()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync();
        using var counter = new DriftCounter(server);

        (await ResultAsync(server, await server.CreateAsync(Selecting(upstream)))).Warnings.ShouldBeEmpty();

        counter.Counts.ShouldBeEmpty();
    }

    private static IEnumerable<string> Logged(RunningServer server, ActionConfig action) =>
        server.Log.Where(line => line.Contains(nameof(ResultDrift)) && line.Contains(action.Id));

    private static async Task<ActionConfig> InitializedAsync(RunningServer server, RawUpstream upstream)
    {
        var action = await server.CreateAsync(Selecting(upstream));
        await server.Configs.InitializeAsync(new() { Id = action.Id }, cancellationToken: Token);
        return action;
    }

    private static ActionConfig Selecting(RawUpstream upstream)
    {
        var action = AnAction.Calling(upstream.Url);
        action.Results.Add(new ResultField { Variable = "state", JsonPath = "$.order.status" });
        action.Results.Add(new ResultField { Variable = "total", JsonPath = "$.order.total" });
        // The sample doesn't have it either.
        action.Results.Add(new ResultField { Variable = "none", JsonPath = "$.nowhere" });
        return action;
    }

    private static async Task<Result> ResultAsync(RunningServer server, ActionConfig action) =>
        (await server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.ShouldNotBeNull();

    /// <summary>What one server counts, by kind.</summary>
    private sealed class DriftCounter : IDisposable
    {
        private readonly MeterListener _listener = new();

        public DriftCounter(RunningServer server)
        {
            // The other servers of this process have a meter of the same name.
            var meters = server.Services.GetRequiredService<IMeterFactory>();
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == meters && (instrument.Meter.Name, instrument.Name) == ("Actions.Server", "actions.result.drift"))
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
            {
                tags.Length.ShouldBe(1);
                tags[0].Key.ShouldBe("kind");
                Counts.AddOrUpdate((string)tags[0].Value!, value, (_, sum) => sum + value);
            });
            _listener.Start();
        }

        public ConcurrentDictionary<string, long> Counts { get; } = [];

        public void Dispose() => _listener.Dispose();
    }
}
