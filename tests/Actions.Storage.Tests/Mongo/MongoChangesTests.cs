using MongoDB.Bson;
using MongoDB.Driver;

namespace Actions.Storage.Tests.Mongo;

/// <summary>The news of writes, also over a connection that breaks.</summary>
public sealed class MongoChangesTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MongoPlace _place = new();
    private readonly CancellationTokenSource _stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly MongoRelay _relay;
    private readonly StoreHost _writer;
    private readonly StoreHost _watcher;
    private IAsyncEnumerator<ActionChanges> _news = null!;

    public MongoChangesTests()
    {
        _relay = new MongoRelay(_place.Uri);
        _writer = new StoreHost(_place.Settings, TimeProvider.System);
        _watcher = new StoreHost(
            new Dictionary<string, string?>(_place.Settings)
            {
                ["Storage:MongoDb:ConnectionString"] = _relay.Uri,
                ["Storage:MongoDb:OperationTimeout"] = "00:00:02",
            },
            TimeProvider.System);
    }

    public async ValueTask InitializeAsync()
    {
        await _writer.Store.InitializeAsync(_stop.Token);
        await _watcher.Store.InitializeAsync(_stop.Token);
        _news = _watcher.Store.WatchAsync(_stop.Token).GetAsyncEnumerator(_stop.Token);
        Assert.SkipUnless(await _news.MoveNextAsync(), "This MongoDB server has no change streams: it is no replica set.");
        // Whatever was read before it began to listen may be old.
        _news.Current.MayHaveMissed.ShouldBeTrue();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_news is not null)
            await _news.DisposeAsync();
        _watcher.Dispose();
        _writer.Dispose();
        await _relay.DisposeAsync();
        await _place.DropAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task EveryWrite_IsTold()
    {
        var created = await CreateAsync("order");
        await HeardAsync(created.Id);
        _news.Current.Changes.Single().Etag.ShouldBe(created.Etag);

        var replaced = await _writer.Store.ReplaceAsync("acme", created, created.Etag, _stop.Token);
        await HeardAsync(created.Id);

        await _writer.Store.DeleteAsync("acme", created.Id, replaced.Etag, _stop.Token);
        await HeardAsync(created.Id);
        _news.Current.Changes.Single().Etag.ShouldBeNull();
    }

    [Fact]
    public async Task NoWrites_AreToldToo()
    {
        for (var i = 0; i < 3; i++)
        {
            (await _news.MoveNextAsync().AsTask().WaitAsync(Patience, _stop.Token)).ShouldBeTrue();
            _news.Current.Changes.ShouldBeEmpty();
            _news.Current.MayHaveMissed.ShouldBeFalse();
        }
    }

    [Theory]
    [InlineData(nameof(MongoRelay.Break))]
    [InlineData(nameof(MongoRelay.Cut))]
    [InlineData(nameof(MongoRelay.Freeze))]
    [InlineData(nameof(MongoRelay.Elect))]
    public async Task WhatIsWrittenWhileTheConnectionIsBroken_IsToldAfterwards(string how)
    {
        // From here it can be taken up.
        await HeardAsync((await CreateAsync("before")).Id);
        Action harm = how switch
        {
            nameof(MongoRelay.Break) => _relay.Break,
            nameof(MongoRelay.Cut) => _relay.Cut,
            nameof(MongoRelay.Elect) => _relay.Elect,
            _ => _relay.Freeze,
        };
        harm();
        var written = new List<string>();
        for (var i = 0; i < 3; i++)
            written.Add((await CreateAsync($"order {i}")).Id);
        if (how == nameof(MongoRelay.Freeze))
            _relay.Break();
        _relay.Mend();

        await HeardAsync([.. written]);
    }

    [Fact]
    public async Task CollectionThatIsDropped_IsAReasonToLookAtEverything()
    {
        await HeardAsync((await CreateAsync("order")).Id);
        using var client = new MongoClient(_place.Uri);

        await _place.Open(client).DropCollectionAsync("action_configs", _stop.Token);

        while (!_news.Current.MayHaveMissed)
            (await _news.MoveNextAsync().AsTask().WaitAsync(Patience, _stop.Token)).ShouldBeTrue();
    }

    private Task<V1.ActionConfig> CreateAsync(string name) =>
        _writer.Store.CreateAsync("acme", ActionStoreContract.NewAction(name), _stop.Token);

    /// <summary>Listens until all of them were told; a gap in the news would count as a failure.</summary>
    private async Task HeardAsync(params IReadOnlyCollection<string> ids)
    {
        var missing = ids.ToHashSet();
        while (missing.Count > 0)
        {
            (await _news.MoveNextAsync().AsTask().WaitAsync(Patience, _stop.Token)).ShouldBeTrue();
            _news.Current.MayHaveMissed.ShouldBeFalse();
            missing.ExceptWith(_news.Current.Changes.Where(change => change.Action.Workspace == "acme").Select(change => change.Action.Id));
        }
    }
}
