using Actions.Server.Tests.Access;
using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.History;

public sealed class StatisticsTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Bucket = TimeSpan.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Statistics_AreThoseOfCountingOneByOne()
    {
        await using var server = await RunningServer.StartAsync();
        var records = Executions(2_000);
        await Seed.Async(server, records);
        var history = new Records(server).Client;
        var request = new GetStatisticsRequest
        {
            StartTime = Timestamp.FromDateTimeOffset(Start),
            EndTime = Timestamp.FromDateTimeOffset(Start.AddMinutes(30)),
            Bucket = Duration.FromTimeSpan(Bucket),
        };

        foreach (var action in (string[])["", "a1"])
        {
            request.ActionId = action;
            var told = await history.GetStatisticsAsync(request, cancellationToken: Token);

            told.CountedSince.ShouldBeNull();
            var expected = records
                .Where(record => record.StartTime.ToDateTimeOffset() < Start.AddMinutes(30)
                    && (action.Length == 0 || record.ActionId == action))
                .GroupBy(record => ((int)((record.StartTime.ToDateTimeOffset() - Start) / Bucket), record.ActionId))
                .OrderBy(group => group.Key)
                .ToList();
            told.Statistics.Count.ShouldBe(expected.Count);
            foreach (var (statistics, group) in told.Statistics.Zip(expected))
                ShouldBe(statistics, group.Key.Item1, [.. group]);
        }
    }

    [Fact]
    public async Task OneBucket_IsThatOfTheLastDay()
    {
        var clock = new FakeClock();
        await using var server = await RunningServer.StartAsync(time: clock);
        var now = clock.GetUtcNow();
        await Seed.Async(
            server,
            [
                .. ((double[])[1, 23, 25]).Select(
                    hours => Execution("a", now.AddHours(-hours), TimeSpan.FromSeconds(1))),
            ]);

        var told = await new Records(server).Client.GetStatisticsAsync(new(), cancellationToken: Token);

        var statistics = told.Statistics.ShouldHaveSingleItem();
        (statistics.ActionId, statistics.ActionName, statistics.Executions).ShouldBe(("a", "Name of a", 2));
        statistics.StartTime.ToDateTimeOffset().ShouldBe(now.AddDays(-1));
    }

    [Fact]
    public async Task ReplayedExecutions_AreCountedButNotTimed()
    {
        await using var server = await RunningServer.StartAsync();
        var replayed = Execution("a", Start, TimeSpan.FromMilliseconds(1));
        replayed.ReplayedExecutionId = "another";
        await Seed.Async(server, [replayed]);
        var request = new GetStatisticsRequest
        {
            StartTime = Timestamp.FromDateTimeOffset(Start), EndTime = Timestamp.FromDateTimeOffset(Start.AddHours(1)),
        };

        var told = await new Records(server).Client.GetStatisticsAsync(request, cancellationToken: Token);

        var statistics = told.Statistics.ShouldHaveSingleItem();
        (statistics.Executions, statistics.Succeeded).ShouldBe((1, 1));
        (statistics.P50, statistics.P95, statistics.P99).ShouldBe((null, null, null));
    }

    [Theory]
    [InlineData("start_time", """{ "startTime": "2026-01-02T00:00:00Z", "endTime": "2026-01-02T00:00:00Z" }""")]
    [InlineData("bucket", """{ "bucket": "59s" }""")]
    [InlineData("bucket", """{ "bucket": "2678401s" }""")]
    [InlineData("bucket", """{ "bucket": "60s" }""")]
    public async Task InvalidField_IsNamed(string field, string request)
    {
        await using var server = await RunningServer.StartAsync();

        (await Refusal.OfAsync(new Records(server).Client.GetStatisticsAsync(
            GetStatisticsRequest.Parser.ParseJson(request), cancellationToken: Token))).ShouldBeViolationOf(field);
    }

    [Fact]
    public async Task AddressOfTheApi_IsForAdminsOnly()
    {
        await using var server = await KeyedServer.StartAsync();
        var record = Execution("a", Start, TimeSpan.FromSeconds(1));
        record.Attempts.Add(new AttemptRecord { Number = 1, RemoteAddress = "192.0.2.1:443" });
        await Seed.Async(server.Running, [record]);
        var request = new GetExecutionRequest { ExecutionId = record.ExecutionId };

        var admin = await server.MakeAsync(Role.Admin);
        (await admin.History.GetExecutionAsync(request, cancellationToken: Token)).Execution.ShouldBe(record);
        var editor = await server.MakeAsync(Role.Editor);
        var told = (await editor.History.GetExecutionAsync(request, cancellationToken: Token)).Execution;
        told.Attempts.ShouldHaveSingleItem().ShouldBe(new AttemptRecord { Number = 1 });
        var neighbour = await server.MakeAsync(Role.Admin, "neighbour");
        (await Refusal.OfAsync(neighbour.History.GetExecutionAsync(request, cancellationToken: Token)))
            .Reason.ShouldBe("ERROR_REASON_EXECUTION_NOT_FOUND");
    }

    private static void ShouldBe(ExecutionStatistics told, int bucket, List<ExecutionRecord> records)
    {
        told.ActionId.ShouldBe(records[0].ActionId);
        told.StartTime.ToDateTimeOffset().ShouldBe(Start + (bucket * Bucket));
        (told.Executions, told.Succeeded, told.Failed, told.Unknown, told.Aborted).ShouldBe((
            records.Count, Of(ExecutionState.Succeeded), Of(ExecutionState.Failed), Of(ExecutionState.Unknown),
            Of(ExecutionState.Aborted)));
        told.Failures.Sum(reason => reason.Value).ShouldBe(told.Failed + told.Unknown);
        told.Failures.GetValueOrDefault("FAILURE_REASON_TIMEOUT").ShouldBe(
            records.Count(record => record.Reason == FailureReason.Timeout));
        var durations = records.Select(record => record.Elapsed.ToTimeSpan()).Order().ToList();
        ShouldBeNear(told.P50, durations, 0.50);
        ShouldBeNear(told.P95, durations, 0.95);
        ShouldBeNear(told.P99, durations, 0.99);

        int Of(ExecutionState state) => records.Count(record => record.State == state);
    }

    private static void ShouldBeNear(Duration told, List<TimeSpan> durations, double share)
    {
        var exact = durations[(int)Math.Ceiling(share * durations.Count) - 1];
        told.ToTimeSpan().TotalMilliseconds.ShouldBe(
            exact.TotalMilliseconds, tolerance: exact.TotalMilliseconds * 0.005);
    }

    private static List<ExecutionRecord> Executions(int count)
    {
        var numbers = new SeededNumbers(1);
        return [.. Enumerable.Range(0, count).Select(_ => Next())];

        ExecutionRecord Next()
        {
            var record = Execution(
                $"a{numbers.Next(3)}",
                Start.AddMilliseconds(numbers.Next(40 * 60_000)),
                TimeSpan.FromMilliseconds(numbers.Next(1, 30_000)));
            record.State = numbers.Pick(
                [ExecutionState.Succeeded, ExecutionState.Failed, ExecutionState.Unknown, ExecutionState.Aborted]);
            if (record.State is ExecutionState.Failed or ExecutionState.Unknown)
                record.Reason = numbers.Pick([FailureReason.Timeout, FailureReason.Connection]);
            return record;
        }
    }

    private static ExecutionRecord Execution(string action, DateTimeOffset started, TimeSpan elapsed) => new()
    {
        ExecutionId = Guid.NewGuid().ToString("N"),
        ActionId = action,
        ActionName = $"Name of {action}",
        StartTime = Timestamp.FromDateTimeOffset(started),
        Elapsed = Duration.FromTimeSpan(elapsed),
        State = ExecutionState.Succeeded,
    };
}
