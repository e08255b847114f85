using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Storage.Tests;

/// <summary>What every engine guarantees of the history. An engine's class says where a store of its own
/// lies.</summary>
public abstract partial class HistoryStoreContract : IAsyncLifetime
{
    private const string Workspace = "workspace";

    private static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    // Far ahead: MongoDB deletes by its own clock what is too old.
    private static readonly DateTimeOffset Start = new(2099, 2, 28, 12, 0, 0, TimeSpan.Zero);

    private readonly SettableClock _clock = new(Start);
    private StoreHost _host = null!;
    private int _made;

    /// <summary>The settings of a place of this test's own, the same at each call.</summary>
    protected abstract IReadOnlyDictionary<string, string?> Settings { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IHistoryStore History => _host.History;

    public async ValueTask InitializeAsync() => _host = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        _host.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task AppendedExecution_IsFoundWhole()
    {
        var entry = NewEntry();
        var expected = entry.Record.Clone();
        await History.AppendAsync([entry], Stop);

        (await History.GetAsync(Workspace, expected.ExecutionId, Stop)).ShouldBe(expected);
        _host.Dispose();
        _host = await OpenAsync();
        (await History.GetAsync(Workspace, expected.ExecutionId, Stop)).ShouldBe(expected);
    }

    [Fact]
    public async Task Content_ReplacesWhatTheRecordHasWithoutIt()
    {
        var entry = NewEntry() with { Content = NewContent() };
        await History.AppendAsync([entry], Stop);

        var found = (await History.GetAsync(Workspace, entry.Record.ExecutionId, Stop)).ShouldNotBeNull();

        found.Events.ShouldBe(NewContent().Events);
        found.Request.ShouldBe(NewContent().Request);
        found.ResponseBody.ShouldBe(NewContent().ResponseBody);
        found.Attempts.ShouldBe(entry.Record.Attempts);
    }

    [Fact]
    public async Task SecondProcess_SeesWhatTheFirstWrote()
    {
        using var second = await OpenAsync();
        var entry = NewEntry();
        await History.AppendAsync([entry], Stop);

        (await second.History.GetAsync(Workspace, entry.Record.ExecutionId, Stop)).ShouldBe(entry.Record);
    }

    [Fact]
    public async Task RepeatedBatch_ChangesNothing()
    {
        var (first, second) = (NewEntry(), NewEntry());
        await History.AppendAsync([first], Stop);
        var again = first with { Record = first.Record.Clone() };
        again.Record.Detail = "another";

        await History.AppendAsync([again, second], Stop);

        (await ListAsync()).ShouldBe([second.Record.ExecutionId, first.Record.ExecutionId]);
        (await History.GetAsync(Workspace, first.Record.ExecutionId, Stop)).ShouldBe(first.Record);
    }

    [Fact]
    public async Task ExecutionOfAnotherWorkspace_IsNowhere()
    {
        var entry = NewEntry(workspace: "neighbour");
        await History.AppendAsync([entry], Stop);

        (await History.GetAsync(Workspace, entry.Record.ExecutionId, Stop)).ShouldBeNull();
        (await ListAsync()).ShouldBeEmpty();
        (await CountAsync()).Cells.ShouldBeEmpty();
        await History.ForgetAsync(
            new CallKey(Workspace, entry.Record.CallId), Start.AddDays(1), Start.AddDays(2), Stop);
        (await History.GetAsync("neighbour", entry.Record.ExecutionId, Stop)).ShouldBe(entry.Record);
    }

    [Fact]
    public async Task SameIdInTwoWorkspaces_IsTwoExecutions()
    {
        var mine = NewEntry();
        var theirs = mine with { Workspace = "neighbour", Record = mine.Record.Clone() };
        theirs.Record.Detail = "theirs";
        await History.AppendAsync([mine, theirs], Stop);

        (await History.GetAsync(Workspace, mine.Record.ExecutionId, Stop)).ShouldBe(mine.Record);
        (await History.GetAsync("neighbour", mine.Record.ExecutionId, Stop)).ShouldBe(theirs.Record);
    }

    [Fact]
    public async Task ForgottenCall_IsGoneAndStaysGone()
    {
        var (forgotten, late, other) =
            (NewEntry(call: "forgotten"), NewEntry(call: "forgotten"), NewEntry(call: "other"));
        await History.AppendAsync([forgotten, other], Stop);

        var now = late.Record.StartTime.ToDateTimeOffset().AddMilliseconds(1);
        await History.ForgetAsync(new CallKey(Workspace, "forgotten"), now, now.AddDays(1), Stop);
        // Another server has had it in its queue.
        await History.AppendAsync([late], Stop);

        (await ListAsync()).ShouldBe([other.Record.ExecutionId]);
        (await History.GetAsync(Workspace, forgotten.Record.ExecutionId, Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task NothingToDoAfterARestart_IsNoError()
    {
        var (written, forgotten) = (NewEntry(call: "call"), NewEntry(call: "forgotten"));
        var (now, until) = (Start.AddDays(1), Start.AddDays(2));
        await History.AppendAsync([written], Stop);
        await History.ForgetAsync(new CallKey(Workspace, "forgotten"), now, until, Stop);
        _host.Dispose();
        _host = await OpenAsync();

        await History.PurgeAsync(new HistoryAges(Start, Start, Start, Limit: 1), Stop);
        await History.AppendAsync([written, forgotten], Stop);
        await History.ForgetAsync(new CallKey(Workspace, "forgotten"), now, until, Stop);

        (await ListAsync()).ShouldBe([written.Record.ExecutionId]);
    }

    [Fact]
    public async Task CallUsedAgainAfterItWasForgotten_IsRecorded()
    {
        var now = Start.AddSeconds(-1);
        await History.ForgetAsync(new CallKey(Workspace, "call"), now, now.AddDays(1), Stop);
        var later = NewEntry(call: "call");
        await History.AppendAsync([later], Stop);

        (await ListAsync()).ShouldBe([later.Record.ExecutionId]);
    }

    [Fact]
    public async Task ExecutionWithoutACall_IsNotForgotten()
    {
        var entry = NewEntry(call: "");
        await History.AppendAsync([entry], Stop);

        await History.ForgetAsync(new CallKey(Workspace, "call"), Start.AddDays(1), Start.AddDays(2), Stop);

        (await ListAsync()).ShouldBe([entry.Record.ExecutionId]);
    }

    [Fact]
    public async Task Purge_DeletesByStartInPieces()
    {
        var entries = Enumerable.Range(0, 7).Select(_ => NewEntry()).ToList();
        await History.AppendAsync(entries, Stop);
        var ages = new HistoryAges(
            entries[5].Record.StartTime.ToDateTimeOffset(), DateTimeOffset.UnixEpoch, Start, Limit: 2);

        while (await History.PurgeAsync(ages, Stop) == ages.Limit)
        {
        }

        (await ListAsync()).ShouldBe([entries[6].Record.ExecutionId, entries[5].Record.ExecutionId]);
    }

    [Fact]
    public async Task Purge_RemovesContentAndLeavesTheRecord()
    {
        var entries = Enumerable.Range(0, 3).Select(_ => NewEntry() with { Content = NewContent() }).ToList();
        await History.AppendAsync(entries, Stop);
        var ages = new HistoryAges(
            DateTimeOffset.UnixEpoch, entries[2].Record.StartTime.ToDateTimeOffset(), Start, Limit: 1);

        while (await History.PurgeAsync(ages, Stop) == ages.Limit)
        {
        }

        (await History.GetAsync(Workspace, entries[0].Record.ExecutionId, Stop)).ShouldBe(entries[0].Record);
        (await History.GetAsync(Workspace, entries[1].Record.ExecutionId, Stop)).ShouldBe(entries[1].Record);
        (await History.GetAsync(Workspace, entries[2].Record.ExecutionId, Stop))!.ResponseBody.IsEmpty.ShouldBeFalse();
    }

    private async Task<StoreHost> OpenAsync()
    {
        var host = new StoreHost(Settings, _clock);
        await host.Store.InitializeAsync(Stop);
        await host.History.InitializeAsync(Retention, Stop);
        return host;
    }

    /// <summary>Each starts a second after the one before, and has an id that says nothing about it.</summary>
    private HistoryEntry NewEntry(string workspace = Workspace, string call = "call", string action = "action")
    {
        _made++;
        var record = new ExecutionRecord
        {
            ExecutionId = $"{(_made * 7) % 10}{_made:x31}",
            ActionId = action,
            ActionName = $"Name of {action}",
            ActionRevision = "etag",
            CallId = call,
            StartTime = Timestamp.FromDateTimeOffset(Start.AddSeconds(_made)),
            Elapsed = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(100 * _made)),
            State = ExecutionState.Succeeded,
            StatusCode = 200,
            Attempts = { new AttemptRecord { Number = 1, RemoteAddress = "192.0.2.1:443" } },
            Events = { new RecordedEvent { Kind = RecordedEventKind.Start, Sequence = 1 } },
            Request = new() { Url = "https://api.example.com/" },
        };
        return new HistoryEntry(workspace, record, Content: null);
    }

    private static ExecutionRecord NewContent() => new()
    {
        Events = { new RecordedEvent { Kind = RecordedEventKind.Start, Sequence = 1, Text = "訂單 $date" } },
        Request = new() { Url = "https://api.example.com/1?a=b" },
        ResponseBody = ByteString.CopyFromUtf8("""{"$date": "{}"}"""),
        ResponseBodyTruncated = true,
    };

    private async Task<IEnumerable<string>> ListAsync(HistoryQuery? query = null) =>
        (await History.ListAsync(Workspace, query ?? All, Stop)).Select(record => record.ExecutionId);
}
