using System.Collections.Concurrent;
using Actions.Storage.Decorators;
using Actions.V1;

namespace Actions.Storage.Tests;

/// <summary>The decorated store keeps the contract of its engine.</summary>
public sealed class DecoratedSqliteActionStoreTests : SqliteActionStoreTests
{
    protected override bool IsDecorated => true;
}

/// <inheritdoc cref="DecoratedSqliteActionStoreTests" />
public sealed class DecoratedSqliteApiKeyStoreTests : SqliteApiKeyStoreTests
{
    protected override bool IsDecorated => true;
}

/// <inheritdoc cref="DecoratedSqliteActionStoreTests" />
public sealed class DecoratedSqliteCallStoreTests : SqliteCallStoreTests
{
    protected override bool IsDecorated => true;
}

/// <inheritdoc cref="DecoratedSqliteActionStoreTests" />
public sealed class DecoratedMongoActionStoreTests : Mongo.MongoActionStoreTests
{
    protected override bool IsDecorated => true;
}

/// <inheritdoc cref="DecoratedSqliteActionStoreTests" />
public sealed class DecoratedMongoApiKeyStoreTests : Mongo.MongoApiKeyStoreTests
{
    protected override bool IsDecorated => true;
}

/// <inheritdoc cref="DecoratedSqliteActionStoreTests" />
public sealed class DecoratedMongoCallStoreTests : Mongo.MongoCallStoreTests
{
    protected override bool IsDecorated => true;
}

/// <summary>What the decorators add.</summary>
public sealed class DecoratorTests : IDisposable
{
    private const string Workspace = "workspace";

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task EveryWriteOfAnAction_IsReported()
    {
        using var host = await OpenAsync();

        var stored = await host.Store.CreateAsync(Workspace, ActionStoreContract.NewAction("order"), Stop);
        host.WrittenActions.Count.ShouldBe(1);
        var replaced = await host.Store.ReplaceAsync(Workspace, stored, stored.Etag, Stop);
        host.WrittenActions.Count.ShouldBe(2);
        // A write that failed may have reached the disk.
        await Should.ThrowAsync<EtagMismatchException>(host.Store.ReplaceAsync(Workspace, stored, stored.Etag, Stop));
        host.WrittenActions.Count.ShouldBe(3);
        await host.Store.DeleteAsync(Workspace, stored.Id, replaced.Etag, Stop);
        host.WrittenActions.Count.ShouldBe(4);

        host.WrittenActions.Distinct().ShouldHaveSingleItem().ShouldBe(new ActionKey(Workspace, stored.Id));
        await host.Store.GetAsync(Workspace, stored.Id, Stop);
        await host.Store.ListAsync(Workspace, new ActionQuery { Limit = 1 }, Stop);
        host.WrittenActions.Count.ShouldBe(4);
    }

    [Fact]
    public async Task EveryWriteOfAKey_IsReported()
    {
        using var host = await OpenAsync();
        var key = new StoredApiKey(Workspace, new CallerKey { Id = "1", CreateTime = new() }, new byte[32]);

        await host.Keys.AddAsync(key, Stop);
        await host.Keys.RevokeAsync(Workspace, "1", Stop);
        await Should.ThrowAsync<ApiKeyNotFoundException>(host.Keys.RevokeAsync(Workspace, "2", Stop));
        await host.Keys.FindAsync("1", Stop);

        host.WrittenKeys.ShouldBe(["1", "1", "2"]);
    }

    [Fact]
    public async Task StoreKnownToBeUnavailable_IsNotCalled()
    {
        using var host = await OpenAsync();
        var written = new ConcurrentQueue<ActionKey>();
        var limit = new StoreLimit(TimeSpan.FromMinutes(1), () => false, TimeProvider.System);
        var store = new LimitedActionStore(new NotifyingActionStore(host.Store, written.Enqueue), limit);

        (await Should.ThrowAsync<StoreUnavailableException>(
            store.CreateAsync(Workspace, ActionStoreContract.NewAction("order"), Stop))).IsTransient.ShouldBeTrue();

        written.ShouldBeEmpty();
        // It is how recovery is detected.
        await store.CheckAsync(Stop);
    }

    [Fact]
    public async Task OperationThatIgnoresItsToken_IsGivenUpWhenTheTimeIsOver()
    {
        var never = new TaskCompletionSource<int>();
        var limit = new StoreLimit(TimeSpan.FromMilliseconds(50), () => true, TimeProvider.System);

        var failure = await Should.ThrowAsync<StoreUnavailableException>(limit.RunAsync(_ => never.Task, Stop));

        failure.IsTransient.ShouldBeTrue();
        failure.InnerException.ShouldBeOfType<TimeoutException>();
    }

    [Fact]
    public async Task CancellationByTheClient_IsNoTimeout()
    {
        var never = new TaskCompletionSource<int>();
        var limit = new StoreLimit(TimeSpan.FromMinutes(1), () => true, TimeProvider.System);
        using var client = new CancellationTokenSource();
        var operation = limit.RunAsync(_ => never.Task, client.Token);

        await client.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(operation);
    }

    [Fact]
    public async Task WriteThatEndsAfterItWasGivenUp_IsReportedWhenItEnds()
    {
        using var host = await OpenAsync();
        var written = new ConcurrentQueue<ActionKey>();
        using var client = new CancellationTokenSource();
        // Held before the engine, as by a network.
        var gate = new TaskCompletionSource();
        var notifying = new NotifyingActionStore(host.Store, written.Enqueue);
        var limit = new StoreLimit(TimeSpan.FromMilliseconds(50), () => true, TimeProvider.System);
        var action = ActionStoreContract.NewAction("order");
        Task<ActionConfig> write = null!;

        await Should.ThrowAsync<StoreUnavailableException>(limit.RunAsync(
            _ => write = Task.Run(async () =>
            {
                await gate.Task;
                return await notifying.CreateAsync(Workspace, action, Stop);
            }, Stop),
            client.Token));
        written.ShouldBeEmpty();
        gate.SetResult();
        await write;

        written.ShouldHaveSingleItem().ShouldBe(new ActionKey(Workspace, action.Id));
    }

    private async Task<StoreHost> OpenAsync()
    {
        var host = new StoreHost(StoreHost.SqliteAt(_directory.File("actions.db")), TimeProvider.System, isDecorated: true);
        await host.Store.InitializeAsync(Stop);
        return host;
    }
}
