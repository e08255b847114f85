namespace Actions.Storage.Tests.Mongo;

/// <summary>Servers that are away, silent or the wrong ones.</summary>
public sealed class MongoOutageTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly MongoPlace _place = new();
    private readonly MongoRelay _relay;
    private readonly StoreHost _host;

    public MongoOutageTests()
    {
        _relay = new MongoRelay(_place.Uri, open: false);
        _host = new StoreHost(
            new Dictionary<string, string?>(_place.Settings)
            {
                ["Storage:MongoDb:ConnectionString"] = _relay.Uri,
                ["Storage:MongoDb:ServerSelectionTimeout"] = "00:00:00.5",
                ["Storage:MongoDb:OperationTimeout"] = "00:00:02",
            },
            TimeProvider.System);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        _host.Dispose();
        await _relay.DisposeAsync();
        await _place.DropAsync();
    }

    [Fact]
    public async Task ServerThatIsAwayAtTheStart_IsTransient()
    {
        (await Should.ThrowAsync<StoreUnavailableException>(() => _host.Store.InitializeAsync(Stop))).IsTransient.ShouldBeTrue();
        // What isn't prepared has no indexes yet: a name could be given twice.
        await RefusedAsync();

        _relay.Mend();
        await StoreHost.ReadyAsync(_host, Patience, Stop, () => _host.Store.InitializeAsync(Stop));

        await _host.Store.CreateAsync("acme", ActionStoreContract.NewAction("order"), Stop);
    }

    [Theory]
    [InlineData(nameof(MongoRelay.Cut))]
    [InlineData(nameof(MongoRelay.Freeze))]
    public async Task ServerThatIsAwayLater_IsMissedAtOnceAndFoundAgain(string how)
    {
        _relay.Mend();
        await _host.Store.InitializeAsync(Stop);
        var stored = await _host.Store.CreateAsync("acme", ActionStoreContract.NewAction("order"), Stop);
        if (how == nameof(MongoRelay.Cut))
            _relay.Cut();
        else
            _relay.Freeze();

        // The first one finds out, within its time; the others needn't.
        await RefusedAsync();
        var connections = _relay.Connections;
        var began = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => RefusedAsync()));
        // Each of them alone would take half a second to look for a server; the bound is for a busy machine.
        TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(TimeSpan.FromSeconds(5));
        // Only whoever looks for the server connects, and the driver's own monitors.
        (_relay.Connections - connections).ShouldBeLessThan(20);

        _relay.Mend();
        await StoreHost.ReadyAsync(_host, Patience, Stop);
        (await _host.Store.GetAsync("acme", stored.Id, Stop)).ShouldBe(stored);
    }

    [Fact]
    public async Task MemberThatIsNoPrimaryAnyMore_IsAnOutageUntilThereIsOne()
    {
        _relay.Mend();
        await _host.Store.InitializeAsync(Stop);
        var stored = await _host.Store.CreateAsync("acme", ActionStoreContract.NewAction("order"), Stop);

        _relay.Elect();
        var refused = await Should.ThrowAsync<StoreUnavailableException>(_host.Store.ReplaceAsync("acme", stored, stored.Etag, Stop));
        refused.IsTransient.ShouldBeTrue();
        refused.InnerException!.Message.ShouldContain("has no primary");
        await RefusedAsync();

        _relay.Mend();
        await StoreHost.ReadyAsync(_host, Patience, Stop);
        await _host.Store.ReplaceAsync("acme", stored, stored.Etag, Stop);
    }

    [Fact]
    public async Task WriteThatIsCancelledOnItsWay_IsNotLeftInDoubt()
    {
        _relay.Mend();
        await _host.Store.InitializeAsync(Stop);
        _relay.Freeze();
        using var caller = new CancellationTokenSource();

        var write = _host.Store.CreateAsync("acme", ActionStoreContract.NewAction("order"), caller.Token);
        await caller.CancelAsync();
        _relay.Mend();

        (await _host.Store.GetAsync("acme", (await write).Id, Stop)).ShouldNotBeNull();
    }

    [Fact]
    public async Task ReasonThatTheDriverKeepsToItself_IsToldToTheOperator()
    {
        using var host = new StoreHost(
            new Dictionary<string, string?>(_place.Settings)
            {
                ["Storage:MongoDb:ConnectionString"] = "mongodb://127.0.0.1:1/",
                ["Storage:MongoDb:ServerSelectionTimeout"] = "00:00:00.5",
            },
            TimeProvider.System);

        var error = await Should.ThrowAsync<StoreUnavailableException>(() => host.Store.InitializeAsync(Stop));

        error.InnerException!.Message.ShouldBe("MongoDB at 127.0.0.1:1 refuses connections. Look at Storage:MongoDb.");
    }

    [Fact]
    public async Task Password_IsInNoException()
    {
        const string Password = "s3cret-word";
        foreach (var uri in (string[])[
            $"mongodb://user:{Password}@127.0.0.1:1/?directConnection=true",
            $"mongodb://user:{Password}@127.0.0.1:1,127.0.0.1:2/?replicaSet=rs0",
            new MongoDB.Driver.MongoUrlBuilder(_place.Uri) { Username = "nobody", Password = Password }.ToString()])
        {
            using var host = new StoreHost(
                new Dictionary<string, string?>(_place.Settings)
                {
                    ["Storage:MongoDb:ConnectionString"] = uri,
                    ["Storage:MongoDb:ServerSelectionTimeout"] = "00:00:00.5",
                },
                TimeProvider.System);

            var error = await Should.ThrowAsync<StoreUnavailableException>(() => host.Store.InitializeAsync(Stop));

            error.ToString().ShouldNotContain(Password);
            error.Message.ShouldNotContain("127.0.0.1");
            error.InnerException!.Message.ShouldContain("Look at Storage:MongoDb.");
        }
    }

    private async Task RefusedAsync() =>
        (await Should.ThrowAsync<StoreUnavailableException>(
            _host.Store.GetAsync("acme", "1", Stop).WaitAsync(Patience, TimeProvider.System, Stop))).IsTransient.ShouldBeTrue();
}
