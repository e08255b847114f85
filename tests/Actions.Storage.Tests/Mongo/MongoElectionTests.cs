namespace Actions.Storage.Tests.Mongo;

/// <summary>Writes, reads and news while the primary changes.</summary>
public sealed class MongoElectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MongoPlace _place = new();
    private readonly MongoReplicaSet _set;
    private readonly StoreHost _host;

    public MongoElectionTests()
    {
        _set = new MongoReplicaSet(_place.Uri);
        _host = new StoreHost(
            new Dictionary<string, string?>(_place.Settings)
            {
                ["Storage:MongoDb:ConnectionString"] = _set.Uri,
                ["Storage:MongoDb:ServerSelectionTimeout"] = "00:00:01",
                ["Storage:MongoDb:OperationTimeout"] = "00:00:05",
            },
            TimeProvider.System);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _host.Store.InitializeAsync(Stop);

    public async ValueTask DisposeAsync()
    {
        _host.Dispose();
        await _set.DisposeAsync();
        await _place.DropAsync();
    }

    [Fact]
    public async Task AnotherPrimary_TakesTheWriteThatTheOldOneRefused()
    {
        var stored = await CreateAsync("order");

        for (var member = 1; member >= 0; member--)
        {
            _set.Elect(member);
            // Nobody is told of it.
            stored = await _host.Store.ReplaceAsync("acme", stored, stored.Etag, Stop);
            (await _host.Store.GetAsync("acme", stored.Id, Stop)).ShouldBe(stored);
        }
    }

    [Fact]
    public async Task ConnectionStringThatPrefersSecondaries_IsReadFromThePrimaryAllTheSame()
    {
        var stored = await CreateAsync("order");
        using var host = new StoreHost(
            new Dictionary<string, string?>(_place.Settings)
            {
                ["Storage:MongoDb:ConnectionString"] = $"{_set.Uri}&readPreference=secondary&w=1&readConcernLevel=local",
            },
            TimeProvider.System);
        await host.Store.InitializeAsync(Stop);

        // The secondary of this set refuses to be read.
        (await host.Store.GetAsync("acme", stored.Id, Stop)).ShouldBe(stored);
    }

    [Fact]
    public async Task NoPrimary_IsAnOutageThatEndsWithTheElection()
    {
        var stored = await CreateAsync("order");

        _set.StepDown();
        await Should.ThrowAsync<StoreUnavailableException>(_host.Store.ReplaceAsync("acme", stored, stored.Etag, Stop));
        await Should.ThrowAsync<StoreUnavailableException>(_host.Store.GetAsync("acme", stored.Id, Stop));

        _set.Elect(1);
        await StoreHost.ReadyAsync(_host, Patience, Stop);
        // It was refused, not lost halfway.
        (await _host.Store.GetAsync("acme", stored.Id, Stop)).ShouldBe(stored);
        await _host.Store.ReplaceAsync("acme", stored, stored.Etag, Stop);
    }

    [Fact]
    public async Task News_GoOnWithTheNewPrimary()
    {
        await using var news = _host.Store.WatchAsync(Stop).GetAsyncEnumerator(Stop);
        Assert.SkipUnless(await news.MoveNextAsync(), "This MongoDB server has no change streams: it is no replica set.");
        await HeardAsync(await CreateAsync("before"));

        _set.StepDown();
        _set.Elect(1);

        await HeardAsync(await CreateAsync("after"));

        async Task HeardAsync(V1.ActionConfig action)
        {
            do
            {
                (await news.MoveNextAsync().AsTask().WaitAsync(Patience, TimeProvider.System, Stop)).ShouldBeTrue();
            }
            while (!news.Current.Changes.Contains(new ActionChange(new ActionKey("acme", action.Id), action.Etag)));
        }
    }

    private Task<V1.ActionConfig> CreateAsync(string name) =>
        _host.Store.CreateAsync("acme", ActionStoreContract.NewAction(name), Stop);
}
