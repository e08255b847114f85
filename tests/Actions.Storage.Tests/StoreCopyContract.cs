using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Storage.Tests;

/// <summary>What a copy from one engine to another, or the same, guarantees.</summary>
public abstract class StoreCopyContract : IAsyncLifetime
{
    // More than a page of each.
    private const int Many = 250;

    private readonly SettableClock _clock = new(new DateTimeOffset(2024, 2, 29, 12, 0, 0, TimeSpan.Zero) + TimeSpan.FromTicks(1234567));
    private StoreHost _source = null!;
    private StoreHost _target = null!;
    private StoreCopy _copy = null!;

    /// <summary>The settings of an empty place of this test's own, the same at each call.</summary>
    protected abstract IReadOnlyDictionary<string, string?> Source { get; }

    /// <summary>As <see cref="Source"/>, another place.</summary>
    protected abstract IReadOnlyDictionary<string, string?> Target { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        (_source, _target) = (new StoreHost(Source, _clock), new StoreHost(Target, _clock));
        await _source.Store.InitializeAsync(Stop);
        await _target.Store.InitializeAsync(Stop);
        _copy = new StoreCopy(_source.Archive, _target.Archive);
    }

    public virtual ValueTask DisposeAsync()
    {
        _source.Dispose();
        _target.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Everything_IsCopiedAsItIs()
    {
        var (actions, keys, elements) = await FillAsync();
        var told = new List<long>();

        (await _copy.CopyAsync(told.Add, Stop)).ShouldBe(Many + 4);

        told.ShouldBe(told.Order());
        told[^1].ShouldBe(Many + 4);
        foreach (var (workspace, action) in actions)
            (await _target.Store.GetAsync(workspace, action.Id, Stop)).ShouldBe(action);
        foreach (var key in keys)
            new ApiKeyRecord((await _target.Keys.FindAsync(key.Key.Id, Stop))!).ShouldBe(new ApiKeyRecord(key));
        (await _target.KeyRing.ReadAllAsync(Stop)).ShouldBe(elements);
        // Copies are as good as what was made there: found, listed, unique, written under their etags.
        var (_, one) = actions[0];
        (await _target.Store.FindByNameAsync("a", one.Name.ToUpperInvariant(), Stop)).ShouldBe(one);
        (await _target.Store.ListAsync("a", new ActionQuery { Limit = 1, Labels = new Dictionary<string, string> { ["number"] = "0" } }, Stop))
            .ShouldHaveSingleItem().Id.ShouldBe(one.Id);
        await Should.ThrowAsync<NameTakenException>(_target.Store.CreateAsync("a", ActionStoreContract.NewAction(one.Name), Stop));
        await _target.Store.ReplaceAsync("a", one, one.Etag, Stop);
    }

    [Fact]
    public async Task Comparison_TellsWhatThereIsToDo()
    {
        await FillAsync();
        var looked = new List<long>();

        var before = await _copy.CompareAsync(looked.Add, Stop);

        looked.ShouldBe(Enumerable.Range(1, Many + 4).Select(number => (long)number));
        before.Count(StoreDifference.Missing).ShouldBe(Many + 4);
        before.Count(StoreRecordKind.Action, StoreDifference.Missing).ShouldBe(Many);
        (await _target.Archive.CountAsync(StoreRecordKind.Action, Stop)).ShouldBe(0);

        await _copy.CopyAsync(_ => { }, Stop);

        var after = await _copy.CompareAsync(_ => { }, Stop);
        after.Count(StoreDifference.None).ShouldBe(Many + 4);
        after.Count(StoreDifference.Missing).ShouldBe(0);
        after.Obstacles.ShouldBeEmpty();
        foreach (var kind in StoreCopy.Kinds)
            (await _target.Archive.CountAsync(kind, Stop)).ShouldBe(await _source.Archive.CountAsync(kind, Stop));
    }

    [Fact]
    public async Task CopyThatWasCutOff_GoesOnFromThere()
    {
        await FillAsync();
        using var cut = new CancellationTokenSource();

        await Should.ThrowAsync<OperationCanceledException>(_copy.CopyAsync(
            written =>
            {
                if (written > 100)
                    cut.Cancel();
            },
            cut.Token));

        var halfway = await _copy.CompareAsync(_ => { }, Stop);
        halfway.Count(StoreDifference.None).ShouldBeInRange(101, Many + 3);
        (await _copy.CopyAsync(_ => { }, Stop)).ShouldBe(halfway.Count(StoreDifference.Missing));
        (await _copy.CompareAsync(_ => { }, Stop)).Count(StoreDifference.None).ShouldBe(Many + 4);
    }

    [Fact]
    public async Task WhatHasChangedSinceTheLastCopy_IsCopiedAgain()
    {
        var (actions, keys, _) = await FillAsync();
        await _copy.CopyAsync(_ => { }, Stop);
        _clock.Now += TimeSpan.FromHours(1);
        // The name goes from one to a new one.
        var renamed = actions[0].Action.Clone();
        renamed.Name = "renamed";
        await _source.Store.ReplaceAsync("a", renamed, renamed.Etag, Stop);
        await _source.Store.CreateAsync("a", ActionStoreContract.NewAction(actions[0].Action.Name), Stop);
        await _source.Keys.RevokeAsync("a", keys[0].Key.Id, Stop);

        (await _copy.CopyAsync(_ => { }, Stop)).ShouldBe(3);

        (await _copy.CompareAsync(_ => { }, Stop)).Count(StoreDifference.None).ShouldBe(Many + 5);
        (await _target.Store.GetAsync("a", renamed.Id, Stop))!.Name.ShouldBe("renamed");
        (await _target.Keys.FindAsync(keys[0].Key.Id, Stop))!.Key.RevokeTime.ShouldNotBeNull();
    }

    [Fact]
    public async Task WhatSomebodyWroteInTheTarget_IsNotOverwritten()
    {
        var (actions, keys, elements) = await FillAsync();
        await _copy.CopyAsync(_ => { }, Stop);
        _clock.Now += TimeSpan.FromHours(1);
        var changed = await _target.Store.ReplaceAsync("a", actions[0].Action, actions[0].Action.Etag, Stop);
        var added = await _target.Store.CreateAsync("c", ActionStoreContract.NewAction("added"), Stop);
        var revoked = await _target.Keys.RevokeAsync("a", keys[0].Key.Id, Stop);
        await _target.KeyRing.ReplaceAsync(elements[0], elements[0] with { Content = "sealed", KeyEncryptionKeyId = "kek" }, Stop);

        // A key more does no harm.
        await _target.KeyRing.AddAsync(new KeyRingElement("key-3", "<key/>", ""), Stop);

        var comparison = await _copy.CompareAsync(_ => { }, Stop);
        (await _copy.CopyAsync(_ => { }, Stop)).ShouldBe(0);

        comparison.Count(StoreDifference.Conflict).ShouldBe(3);
        comparison.Count(StoreDifference.Extra).ShouldBe(2);
        comparison.Obstacles.ShouldBe(
            [
                $"KeyRing {elements[0].Name}: changed there", $"ApiKey {keys[0].Key.Id}: changed there",
                $"Action a/{changed.Id}: changed there", $"Action c/{added.Id}: only there",
            ],
            ignoreOrder: true);
        (await _target.Store.GetAsync("a", changed.Id, Stop)).ShouldBe(changed);
        (await _target.Keys.FindAsync(revoked.Id, Stop))!.Key.ShouldBe(revoked);
    }

    /// <summary>Actions of two workspaces, two keys, two elements of the key ring.</summary>
    private async Task<((string Workspace, ActionConfig Action)[] Actions, StoredApiKey[] Keys, KeyRingElement[] Elements)> FillAsync()
    {
        var actions = new List<(string, ActionConfig)>();
        for (var i = 0; i < Many; i++)
        {
            var action = ActionStoreContract.NewAction($"Order {i}");
            action.Labels["number"] = $"{i}";
            if (i % 3 == 0)
                action.Sample = new Sample { StatusCode = 200, Body = Google.Protobuf.ByteString.CopyFrom(0, 255, (byte)i) };
            var workspace = i % 2 == 0 ? "a" : "b";
            actions.Add((workspace, await _source.Store.CreateAsync(workspace, action, Stop)));
        }

        StoredApiKey[] keys = [NewKey("a", 1), NewKey("b", 2)];
        foreach (var key in keys)
            await _source.Keys.AddAsync(key, Stop);
        keys[1].Key.RevokeTime = (await _source.Keys.RevokeAsync("b", keys[1].Key.Id, Stop)).RevokeTime;
        KeyRingElement[] elements = [new("key-1", "<key/>", ""), new("key-2", "sealed", "kek")];
        foreach (var element in elements)
            (await _source.KeyRing.AddAsync(element, Stop)).ShouldBeTrue();
        return ([.. actions], keys, elements);
    }

    private StoredApiKey NewKey(string workspace, byte number) => new(
        workspace,
        new CallerKey { Id = $"{number:x32}", Role = Role.Editor, CreateTime = Timestamp.FromDateTimeOffset(_clock.Now) },
        Enumerable.Repeat(number, 32).ToArray());
}
