namespace Actions.Storage.Tests;

/// <summary>What every engine guarantees of the key ring. An engine's class says where a store of its own
/// lies.</summary>
public abstract class KeyRingStoreContract : IAsyncLifetime
{
    private const int Racers = 20;

    private StoreHost _host = null!;

    /// <summary>The settings of a place of this test's own, the same at each call.</summary>
    protected abstract IReadOnlyDictionary<string, string?> Settings { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IKeyRingStore Store => _host.KeyRing;

    public async ValueTask InitializeAsync() => _host = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        _host.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task NewStore_HasNoElements() => (await Store.ReadAllAsync(Stop)).ShouldBeEmpty();

    [Fact]
    public async Task Added_AreReadInTheOrderOfTheirNames()
    {
        KeyRingElement[] elements =
        [
            new("key-a", "<key>é \"quoted\"\n</key>", ""), new("key-b", new string('x', 100_000), "kek-1"), new("revocation-1", "", "kek-2"),
        ];
        foreach (var element in elements.Reverse())
            (await Store.AddAsync(element, Stop)).ShouldBeTrue();

        (await Store.ReadAllAsync(Stop)).ShouldBe(elements);
    }

    [Fact]
    public async Task NameInUse_IsNotAddedAgain()
    {
        var first = new KeyRingElement("key", "first", "");
        await Store.AddAsync(first, Stop);

        (await Store.AddAsync(new KeyRingElement("key", "second", "kek"), Stop)).ShouldBeFalse();

        (await Store.ReadAllAsync(Stop)).ShouldBe([first]);
        // Names are compared as they are.
        (await Store.AddAsync(new KeyRingElement("KEY", "other", ""), Stop)).ShouldBeTrue();
    }

    [Fact]
    public async Task Replaced_OnlyWhileItIsAsExpected()
    {
        var (first, second, other) = (new KeyRingElement("key", "1", ""), new KeyRingElement("key", "2", "kek"), new KeyRingElement("other", "1", ""));
        await Store.AddAsync(first, Stop);
        await Store.AddAsync(other, Stop);

        (await Store.ReplaceAsync(first, second, Stop)).ShouldBeTrue();

        (await Store.ReplaceAsync(first, first with { Content = "3" }, Stop)).ShouldBeFalse();
        (await Store.ReplaceAsync(second with { KeyEncryptionKeyId = "" }, first, Stop)).ShouldBeFalse();
        (await Store.ReplaceAsync(new KeyRingElement("nobody", "", ""), new KeyRingElement("nobody", "1", ""), Stop)).ShouldBeFalse();
        await Should.ThrowAsync<ArgumentException>(() => Store.ReplaceAsync(second, other, Stop));
        (await Store.ReadAllAsync(Stop)).ShouldBe([second, other]);
    }

    [Fact]
    public async Task Racers_HaveExactlyOneWinner()
    {
        using var second = await OpenAsync();
        IKeyRingStore[] stores = [Store, second.KeyRing];

        var added = await Task.WhenAll(Enumerable.Range(0, Racers).Select(
            racer => Task.Run(() => stores[racer % 2].AddAsync(new KeyRingElement("key", $"{racer}", ""), Stop))));
        added.Count(won => won).ShouldBe(1);
        var stored = (await Store.ReadAllAsync(Stop)).ShouldHaveSingleItem();
        stored.Content.ShouldBe($"{Array.IndexOf(added, true)}");

        var replaced = await Task.WhenAll(Enumerable.Range(0, Racers).Select(
            racer => Task.Run(() => stores[racer % 2].ReplaceAsync(stored, stored with { Content = $"again {racer}" }, Stop))));
        replaced.Count(won => won).ShouldBe(1);
        (await second.KeyRing.ReadAllAsync(Stop)).ShouldHaveSingleItem().Content.ShouldBe($"again {Array.IndexOf(replaced, true)}");
    }

    [Fact]
    public async Task Reopened_HasEverything()
    {
        var element = new KeyRingElement("key", "1", "kek");
        await Store.AddAsync(element, Stop);

        _host.Dispose();
        _host = await OpenAsync();

        (await Store.ReadAllAsync(Stop)).ShouldBe([element]);
    }

    [Fact]
    public async Task CancelledBeforehand_WritesNothing()
    {
        var element = new KeyRingElement("key", "1", "");
        await Store.AddAsync(element, Stop);
        var cancelled = new CancellationToken(canceled: true);

        await Should.ThrowAsync<OperationCanceledException>(Store.AddAsync(element with { Name = "other" }, cancelled));
        await Should.ThrowAsync<OperationCanceledException>(Store.ReplaceAsync(element, element with { Content = "2" }, cancelled));
        await Should.ThrowAsync<OperationCanceledException>(Store.ReadAllAsync(cancelled));

        (await Store.ReadAllAsync(Stop)).ShouldBe([element]);
    }

    /// <summary>Opens one more store over the same place, as a second process of the server would.</summary>
    private async Task<StoreHost> OpenAsync()
    {
        var host = new StoreHost(Settings, TimeProvider.System);
        await host.Store.InitializeAsync(Stop);
        return host;
    }
}
