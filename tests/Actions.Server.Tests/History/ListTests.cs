using Actions.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Server.Tests.History;

public sealed class ListTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly RunningServer _server = fixture.Server;
    private readonly Records _records = new(fixture.Server);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EachFilter_ReachesTheStore()
    {
        var action = AnAction.FreeName();
        ExecutionRecord[] all =
        [
            Execution(action, 0, state: ExecutionState.Failed, reason: FailureReason.Timeout),
            Execution(action, 1, call: "call"),
            Execution(action, 2, elapsed: TimeSpan.FromSeconds(2)),
        ];
        await SeedAsync(all);

        await ShouldListAsync(new() { ActionId = action }, all[2], all[1], all[0]);
        await ShouldListAsync(new() { ActionId = action, CallId = "call" }, all[1]);
        await ShouldListAsync(new() { ActionId = action, State = ExecutionState.Failed }, all[0]);
        await ShouldListAsync(new() { ActionId = action, Reason = FailureReason.Timeout }, all[0]);
        await ShouldListAsync(new() { ActionId = action, StartTime = all[1].StartTime }, all[2], all[1]);
        await ShouldListAsync(new() { ActionId = action, EndTime = all[1].StartTime }, all[0]);
        await ShouldListAsync(
            new() { ActionId = action, SlowerThan = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) }, all[2]);
        await ShouldListAsync(new() { ActionId = action, CallId = "call", State = ExecutionState.Failed });
    }

    [Fact]
    public async Task Pages_GoOnWhateverIsWritten()
    {
        var action = AnAction.FreeName();
        var all = Enumerable.Range(0, 7).Select(i => Execution(action, i)).ToArray();
        await SeedAsync(all);
        var (seen, request) = (new List<string>(), new ListExecutionsRequest { ActionId = action, PageSize = 3 });
        for (var i = 7; ; i++)
        {
            var page = await _records.Client.ListExecutionsAsync(request, cancellationToken: Token);
            page.Executions.Count.ShouldBeInRange(1, 3);
            seen.AddRange(page.Executions.Select(record => record.ExecutionId));
            if (page.NextPageToken.Length == 0)
                break;
            request.PageToken = page.NextPageToken;
            await SeedAsync(Execution(action, i));
        }

        seen.ShouldBe(all.Reverse().Select(record => record.ExecutionId));
    }

    [Fact]
    public async Task LargeRecords_MakeSmallerPages()
    {
        var action = AnAction.FreeName();
        var all = Enumerable.Range(0, 5).Select(i => Execution(action, i)).ToArray();
        foreach (var record in all)
            record.Detail = new string('x', 1_000_000);
        await SeedAsync(all);

        var first = await _records.Client.ListExecutionsAsync(new() { ActionId = action }, cancellationToken: Token);
        var second = await _records.Client.ListExecutionsAsync(
            new() { ActionId = action, PageToken = first.NextPageToken }, cancellationToken: Token);

        first.CalculateSize().ShouldBeLessThan(3 << 20);
        first.Executions.Concat(second.Executions).ShouldBe(all.Reverse());
        second.NextPageToken.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("page_size", """{ "pageSize": -1 }""")]
    [InlineData("page_size", """{ "pageSize": 201 }""")]
    [InlineData("page_token", """{ "pageToken": "x" }""")]
    [InlineData("page_token", """{ "pageToken": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" }""")]
    [InlineData("state", """{ "state": 99 }""")]
    [InlineData("reason", """{ "reason": 99 }""")]
    [InlineData("slower_than", """{ "slowerThan": "-1s" }""")]
    public async Task InvalidField_IsNamed(string field, string request) =>
        (await Refusal.OfAsync(_records.Client.ListExecutionsAsync(
            ListExecutionsRequest.Parser.ParseJson(request), cancellationToken: Token))).ShouldBeViolationOf(field);

    [Fact]
    public async Task TokenOfOtherFilters_IsRefused()
    {
        var action = AnAction.FreeName();
        await SeedAsync(Execution(action, 0), Execution(action, 1));
        var page = await _records.Client.ListExecutionsAsync(
            new() { ActionId = action, PageSize = 1 }, cancellationToken: Token);

        var refusal = await Refusal.OfAsync(_records.Client.ListExecutionsAsync(
            new() { ActionId = action, CallId = "call", PageToken = page.NextPageToken }, cancellationToken: Token));

        refusal.ShouldBeViolationOf("page_token");
    }

    [Fact]
    public async Task InvalidTime_IsNamed()
    {
        var never = new Timestamp { Nanos = -1 };

        (await Refusal.OfAsync(
            _records.Client.ListExecutionsAsync(new() { StartTime = never }, cancellationToken: Token)))
            .ShouldBeViolationOf("start_time");
        (await Refusal.OfAsync(
            _records.Client.ListExecutionsAsync(new() { EndTime = never }, cancellationToken: Token)))
            .ShouldBeViolationOf("end_time");
        // The ends of time are no error: nothing is there.
        await ShouldListAsync(new()
        {
            StartTime = new() { Seconds = long.MaxValue },
            EndTime = new() { Seconds = long.MinValue },
        });
    }

    private async Task ShouldListAsync(ListExecutionsRequest request, params ExecutionRecord[] expected) =>
        (await _records.Client.ListExecutionsAsync(request, cancellationToken: Token)).Executions.ShouldBe(expected);

    private Task SeedAsync(params ExecutionRecord[] records) => Seed.Async(_server, records);

    private static ExecutionRecord Execution(
        string action,
        int second,
        string call = "",
        ExecutionState state = ExecutionState.Succeeded,
        FailureReason reason = FailureReason.Unspecified,
        TimeSpan? elapsed = null) => new()
    {
        ExecutionId = Guid.NewGuid().ToString("N"),
        ActionId = action,
        CallId = call,
        StartTime = Timestamp.FromDateTimeOffset(Start.AddSeconds(second)),
        Elapsed = Duration.FromTimeSpan(elapsed ?? TimeSpan.FromMilliseconds(10)),
        State = state,
        Reason = reason,
    };
}
