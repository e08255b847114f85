using Actions.V1;
using Google.Protobuf;
using HttpMethod = Actions.V1.HttpMethod;

namespace Actions.Storage.Tests;

/// <summary>What every engine guarantees. An engine's class says where a store of its own lies.</summary>
public abstract partial class ActionStoreContract : IAsyncLifetime
{
    private protected const string Workspace = "workspace";
    private protected const string Neighbour = "neighbour";

    private readonly SettableClock _clock = new(new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.Zero));
    private StoreHost _host = null!;

    /// <summary>The settings of a place of this test's own, the same at each call.</summary>
    protected abstract IReadOnlyDictionary<string, string?> Settings { get; }

    /// <summary>Whether the store is decorated, as the server's is.</summary>
    protected virtual bool IsDecorated => false;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private protected IActionStore Store => _host.Store;

    public async ValueTask InitializeAsync() => _host = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        _host.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Opens one more store over the same place, as a second process of the server would.</summary>
    private protected async Task<StoreHost> OpenAsync()
    {
        var host = new StoreHost(Settings, _clock, IsDecorated);
        await host.Store.InitializeAsync(Stop);
        return host;
    }

    /// <summary>Skips the test on a server that is only a stand-in for the one that the engine is for, and orders by
    /// halves of characters.</summary>
    private protected virtual Task RequireOrderByBytesAsync() => Task.CompletedTask;

    private protected async Task ReopenAsync()
    {
        _host.Dispose();
        _host = await OpenAsync();
    }

    internal static string NewId() => Guid.NewGuid().ToString("N");

    internal static ActionConfig NewAction(string name) => new()
    {
        Id = NewId(),
        Name = name,
        Request = new HttpRequest { Method = HttpMethod.Get, Url = "https://api.example.com/orders/<order_id>" },
        Messages = new Messages { StartMessage = "Let me check." },
    };

    private protected static Sample NewSample(int bytes) => new()
    {
        StatusCode = 200,
        ContentType = "application/json",
        Body = ByteString.CopyFrom(new byte[bytes]),
    };

    private protected Task<ActionConfig> CreateAsync(string name, string workspace = Workspace) =>
        Store.CreateAsync(workspace, NewAction(name), Stop);

    [Fact]
    public async Task Created_CanBeGotById()
    {
        var config = NewAction("Check Order Status");
        config.Labels["team"] = "support";
        config.Sample = NewSample(10);

        var created = await Store.CreateAsync(Workspace, config, Stop);

        var expected = config.Clone();
        expected.Etag = created.Etag;
        (expected.CreateTime, expected.UpdateTime) = (created.CreateTime, created.UpdateTime);
        created.ShouldBe(expected);
        (await Store.GetAsync(Workspace, created.Id, Stop)).ShouldBe(created);
    }

    [Fact]
    public async Task CallersOwnEtagAndTimes_AreIgnoredByCreate()
    {
        var first = await CreateAsync("first");
        var config = first.Clone();
        (config.Id, config.Name) = (NewId(), "second");
        _clock.Now += TimeSpan.FromHours(1);

        var second = await Store.CreateAsync(Workspace, config, Stop);

        second.Id.ShouldBe(config.Id);
        second.Etag.ShouldNotBe(first.Etag);
        second.CreateTime.ToDateTimeOffset().ShouldBe(_clock.Now);
        second.UpdateTime.ShouldBe(second.CreateTime);
        (await Store.GetAsync(Workspace, second.Id, Stop)).ShouldBe(second);
        (await Store.GetAsync(Workspace, first.Id, Stop)).ShouldBe(first);
    }

    [Fact]
    public async Task IdInUse_IsRefusedInItsWorkspaceOnly()
    {
        var first = await CreateAsync("first");
        var config = NewAction("second");
        config.Id = first.Id;

        await Should.ThrowAsync<IdTakenException>(Store.CreateAsync(Workspace, config, Stop));
        (await Store.CreateAsync(Neighbour, config, Stop)).Name.ShouldBe("second");

        (await Store.GetAsync(Workspace, first.Id, Stop)).ShouldBe(first);
        config.Id = "";
        await Should.ThrowAsync<ArgumentException>(() => Store.CreateAsync(Workspace, config, Stop));
    }

    [Fact]
    public async Task UnknownId_IsNotFound()
    {
        const string Unknown = "0190163d8694739baea5966c26f8ad91";
        var config = NewAction("unknown");
        config.Id = Unknown;

        (await Store.GetAsync(Workspace, Unknown, Stop)).ShouldBeNull();
        (await Store.GetAsync(Workspace, "", Stop)).ShouldBeNull();
        (await Should.ThrowAsync<ActionNotFoundException>(Store.ReplaceAsync(Workspace, config, "etag", Stop)))
            .Id.ShouldBe(Unknown);
        (await Should.ThrowAsync<ActionNotFoundException>(Store.DeleteAsync(Workspace, Unknown, null, Stop)))
            .Id.ShouldBe(Unknown);
        await Should.ThrowAsync<ActionNotFoundException>(Store.DeleteAsync(Workspace, Unknown, "etag", Stop));
    }

    [Fact]
    public async Task Deleted_IsGoneAndLeavesNothingBehind()
    {
        var config = NewAction("order");
        config.Labels["team"] = "support";
        config.Sample = NewSample(10);
        var deleted = await Store.CreateAsync(Workspace, config, Stop);

        await Store.DeleteAsync(Workspace, deleted.Id, deleted.Etag, Stop);

        (await Store.GetAsync(Workspace, deleted.Id, Stop)).ShouldBeNull();
        (await Store.FindByNameAsync(Workspace, "order", Stop)).ShouldBeNull();
        await Should.ThrowAsync<ActionNotFoundException>(Store.DeleteAsync(Workspace, deleted.Id, null, Stop));

        var successor = await CreateAsync("ORDER");
        successor.Id.ShouldNotBe(deleted.Id);
        successor.Etag.ShouldNotBe(deleted.Etag);
        (await Store.GetAsync(Workspace, successor.Id, Stop)).ShouldBe(successor);
        (await ListAsync(new ActionQuery { Limit = 10, Labels = config.Labels })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Reopened_HasEverything()
    {
        var config = NewAction("order");
        config.Labels["team"] = "support";
        config.Sample = NewSample(10);
        var stored = await Store.CreateAsync(Workspace, config, Stop);
        var deleted = await CreateAsync("deleted");
        await Store.DeleteAsync(Workspace, deleted.Id, null, Stop);

        await ReopenAsync();

        (await Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBe(stored);
        (await ListAsync(new ActionQuery { Limit = 10, Labels = config.Labels })).ShouldHaveSingleItem();
        (await ListAsync(new ActionQuery { Limit = 10 })).ShouldHaveSingleItem();
        (await Store.ReplaceAsync(Workspace, stored, stored.Etag, Stop)).Etag.ShouldNotBe(stored.Etag);
    }

    [Fact]
    public async Task InitializedAgain_ChangesNothing()
    {
        var stored = await CreateAsync("order");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ => (await OpenAsync()).Dispose()));
        await Store.InitializeAsync(Stop);

        (await Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBe(stored);
    }

    [Fact]
    public async Task Ready_PassesTheCheck() => await Should.NotThrowAsync(Store.CheckAsync(Stop));

    [Fact]
    public async Task CancelledBeforehand_WritesNothing()
    {
        var stored = await CreateAsync("order");
        var cancelled = new CancellationToken(canceled: true);

        await Cancelled(Store.CreateAsync(Workspace, NewAction("other"), cancelled));
        await Cancelled(Store.ReplaceAsync(Workspace, stored, stored.Etag, cancelled));
        await Cancelled(Store.DeleteAsync(Workspace, stored.Id, null, cancelled));
        await Cancelled(Store.GetAsync(Workspace, stored.Id, cancelled));
        await Cancelled(Store.FindByNameAsync(Workspace, "order", cancelled));
        await Cancelled(Store.ListAsync(Workspace, new ActionQuery { Limit = 10 }, cancelled));

        (await ListAsync(new ActionQuery { Limit = 10 })).ShouldBe([stored]);

        static Task Cancelled(Task call) => Should.ThrowAsync<OperationCanceledException>(call);
    }

    private protected Task<IReadOnlyList<ActionConfig>> ListAsync(ActionQuery query) =>
        Store.ListAsync(Workspace, query, Stop);
}
