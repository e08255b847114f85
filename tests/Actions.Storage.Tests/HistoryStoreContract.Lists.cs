using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Storage.Tests;

public abstract partial class HistoryStoreContract
{
    private static readonly HistoryQuery All = new() { Limit = 1_000, MaxBytes = long.MaxValue };

    [Fact]
    public async Task List_HasTheLatestFirstWithoutTheirParts()
    {
        var entries = Enumerable.Range(0, 3).Select(_ => NewEntry() with { Content = NewContent() }).ToList();
        await History.AppendAsync([entries[1], entries[2], entries[0]], Stop);

        var listed = await History.ListAsync(Workspace, All, Stop);

        listed.Select(record => record.ExecutionId).ShouldBe(
            entries.AsEnumerable().Reverse().Select(entry => entry.Record.ExecutionId));
        var expected = entries[2].Record.Clone();
        expected.Attempts.Clear();
        expected.Events.Clear();
        expected.Request = null;
        listed[0].ShouldBe(expected);
    }

    [Fact]
    public async Task EachFilter_LeavesWhatItSays()
    {
        var entries = Seeded(60);
        await History.AppendAsync(entries, Stop);
        var middle = Start.AddSeconds(30);

        await ShouldListAsync(entries, All with { ActionId = "a1" }, record => record.ActionId == "a1");
        await ShouldListAsync(entries, All with { CallId = "call 1" }, record => record.CallId == "call 1");
        await ShouldListAsync(
            entries, All with { State = ExecutionState.Failed }, record => record.State == ExecutionState.Failed);
        await ShouldListAsync(
            entries, All with { Reason = FailureReason.Timeout }, record => record.Reason == FailureReason.Timeout);
        await ShouldListAsync(entries, All with { From = middle }, record => Started(record) >= middle);
        await ShouldListAsync(entries, All with { From = middle.AddTicks(1) }, record => Started(record) > middle);
        await ShouldListAsync(entries, All with { To = middle }, record => Started(record) < middle);
        await ShouldListAsync(entries, All with { To = middle.AddTicks(1) }, record => Started(record) <= middle);
        await ShouldListAsync(
            entries,
            All with { SlowerThan = TimeSpan.FromMilliseconds(20) },
            record => record.Elapsed.ToTimeSpan() > TimeSpan.FromMilliseconds(20));
        await ShouldListAsync(
            entries,
            All with { ActionId = "a0", CallId = "call 2", State = ExecutionState.Failed, From = Start, To = middle },
            record => record is { ActionId: "a0", CallId: "call 2", State: ExecutionState.Failed }
                && Started(record) < middle);
        await ShouldListAsync(entries, All with { ActionId = "none" }, _ => false);
    }

    [Fact]
    public async Task Pages_HaveEachExecutionOnceWhateverIsAdded()
    {
        var entries = Enumerable.Range(0, 9).Select(_ => NewEntry()).ToList();
        // Three of a moment, which only their ids tell apart.
        foreach (var entry in entries.Skip(3).Take(3))
            entry.Record.StartTime = entries[4].Record.StartTime.Clone();
        await History.AppendAsync(entries, Stop);
        var (seen, query) = (new List<string>(), All with { Limit = 2 });
        while (await History.ListAsync(Workspace, query, Stop) is { Count: > 0 } page)
        {
            seen.AddRange(page.Select(record => record.ExecutionId));
            query = query with { After = new HistoryPosition(Started(page[^1]), page[^1].ExecutionId) };
            await History.AppendAsync([NewEntry()], Stop);
        }

        seen.ShouldBe(entries
            .OrderByDescending(entry => Started(entry.Record))
            .ThenByDescending(entry => entry.Record.ExecutionId, StringComparer.Ordinal)
            .Select(entry => entry.Record.ExecutionId));
    }

    [Fact]
    public async Task List_EndsWithTheBytes()
    {
        await History.AppendAsync([.. Enumerable.Range(0, 5).Select(_ => NewEntry())], Stop);

        (await ListAsync(All with { MaxBytes = 1 })).ShouldHaveSingleItem();
    }

    private async Task ShouldListAsync(
        IEnumerable<HistoryEntry> entries, HistoryQuery query, Func<ExecutionRecord, bool> matches) =>
        (await ListAsync(query)).ShouldBe(entries
            .Select(entry => entry.Record)
            .Where(matches)
            .OrderByDescending(Started)
            .Select(record => record.ExecutionId));

    private static DateTimeOffset Started(ExecutionRecord record) => record.StartTime.ToDateTimeOffset();

    /// <summary>One each second, in all combinations of what can be asked for.</summary>
    private List<HistoryEntry> Seeded(int count)
    {
        var numbers = new SeededNumbers(count);
        return [.. Enumerable.Range(0, count).Select(_ => Next())];

        HistoryEntry Next()
        {
            var entry = NewEntry(call: numbers.Pick(["", "call 1", "call 2"]), action: $"a{numbers.Next(2)}");
            var record = entry.Record;
            record.State = numbers.Pick(
                [ExecutionState.Succeeded, ExecutionState.Failed, ExecutionState.Unknown, ExecutionState.Aborted]);
            record.Elapsed = Duration.FromTimeSpan(TimeSpan.FromMicroseconds(numbers.Next(1, 40_000)));
            if (record.State is ExecutionState.Failed or ExecutionState.Unknown)
                record.Reason = numbers.Pick([FailureReason.Timeout, FailureReason.Connection, FailureReason.Tls]);
            if (record.State == ExecutionState.Succeeded && numbers.Next(4) == 0)
                record.ReplayedExecutionId = "another";
            return entry;
        }
    }
}
