using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Storage.Tests;

public abstract partial class HistoryStoreContract
{
    private static HistorySpan Hour =>
        new("", Start, Start.AddHours(1), TimeSpan.FromHours(1), Limit: 100_000);

    [Fact]
    public async Task Counts_AreThoseOfCountingOneByOne()
    {
        var entries = Seeded(500);
        await History.AppendAsync(entries, Stop);
        var span = Hour with
        {
            From = Start.AddSeconds(20),
            To = Start.AddSeconds(450),
            Bucket = TimeSpan.FromSeconds(60),
        };

        foreach (var action in (string[])["", "a1"])
        {
            var counts = await CountAsync(span with { ActionId = action });

            counts.Since.ShouldBeNull();
            counts.Cells.ShouldBe(
                entries.Select(entry => entry.Record)
                    .Where(record => Started(record) >= span.From && Started(record) < span.To
                        && (action.Length == 0 || record.ActionId == action))
                    .GroupBy(record => CellOf(record, span))
                    .Select(cell => KeyValuePair.Create(cell.Key, (long)cell.Count())),
                ignoreOrder: true);
        }
    }

    [Fact]
    public async Task MoreThanTheLimit_LeavesTheEarliestOut()
    {
        var entries = Enumerable.Range(0, 5).Select(_ => NewEntry()).ToList();
        await History.AppendAsync(entries, Stop);

        var counts = await CountAsync(Hour with { Limit = 3 });

        counts.Cells.Sum(cell => cell.Value).ShouldBe(3);
        var since = counts.Since.ShouldNotBeNull();
        since.ShouldBeGreaterThan(Started(entries[1].Record));
        since.ShouldBeLessThanOrEqualTo(Started(entries[2].Record));
        (await CountAsync(Hour with { Limit = 5 })).Since.ShouldBeNull();
    }

    [Fact]
    public async Task ActionRenamed_HasItsLastName()
    {
        var (before, after, other) = (NewEntry(), NewEntry(), NewEntry(action: "other"));
        after.Record.ActionName = "Renamed";
        await History.AppendAsync([after, before, other], Stop);

        (await CountAsync()).ActionNames.ShouldBe(
            new Dictionary<string, string> { ["action"] = "Renamed", ["other"] = "Name of other" }, ignoreOrder: true);
    }

    [Fact]
    public void Bins_AreWrongByHalfAPercentAtMost()
    {
        for (var duration = 200.0; duration < 1e9; duration *= 1.0037)
        {
            var middle = DurationBins.Middle(DurationBins.Of((long)duration)).TotalMicroseconds;
            Math.Abs(middle - duration).ShouldBeLessThan((duration * 0.005) + 1);
        }
    }

    private Task<HistoryCounts> CountAsync(HistorySpan? span = null) =>
        History.CountAsync(Workspace, span ?? Hour, Stop);

    private static HistoryCell CellOf(ExecutionRecord record, HistorySpan span) => new(
        record.ActionId,
        (int)((Started(record) - span.From) / span.Bucket),
        record.State,
        record.Reason,
        record.ReplayedExecutionId.Length > 0
            ? HistoryCell.Replayed
            : DurationBins.Of((long)record.Elapsed.ToTimeSpan().TotalMicroseconds));
}
