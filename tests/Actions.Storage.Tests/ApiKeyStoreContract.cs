using Actions.V1;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Storage.Tests;

/// <summary>What every engine guarantees of API keys. An engine's class says where a store of its own lies.</summary>
public abstract class ApiKeyStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2024, 2, 29, 12, 0, 0, TimeSpan.Zero);

    private readonly SettableClock _clock = new(Start);
    private StoreHost _host = null!;
    private int _made;

    /// <summary>The settings of a place of this test's own, the same at each call.</summary>
    protected abstract IReadOnlyDictionary<string, string?> Settings { get; }

    /// <summary>Whether the store is decorated, as the server's is.</summary>
    protected virtual bool IsDecorated => false;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private IApiKeyStore Keys => _host.Keys;

    public async ValueTask InitializeAsync() => _host = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        _host.Dispose();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task AddedKey_IsFoundWhole()
    {
        var added = NewKey();
        await Keys.AddAsync(added, Stop);

        ShouldBe(await Keys.FindAsync(added.Key.Id, Stop), added);
        _host.Dispose();
        _host = await OpenAsync();
        ShouldBe(await Keys.FindAsync(added.Key.Id, Stop), added);
    }

    [Fact]
    public async Task UnknownId_IsNoKey() => (await Keys.FindAsync("unknown", Stop)).ShouldBeNull();

    [Fact]
    public async Task Keys_AreFoundManyAtOnce()
    {
        StoredApiKey[] added = [NewKey(), NewKey()];
        foreach (var key in added)
            await Keys.AddAsync(key, Stop);
        await Keys.RevokeAsync(added[0].Workspace, added[0].Key.Id, Stop);

        var found = await Keys.FindAsync([added[0].Key.Id, "unknown", added[1].Key.Id], Stop);

        found.Count.ShouldBe(2);
        foreach (var key in found)
            ShouldBe(await Keys.FindAsync(key.Key.Id, Stop), key);
        (await Keys.FindAsync(Array.Empty<string>(), Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task MessageChangedAfterwards_ChangesNothingStored()
    {
        var added = NewKey();
        await Keys.AddAsync(added, Stop);
        var expected = added.Key.Clone();
        added.Key.DisplayName = "changed";
        (await Keys.FindAsync(added.Key.Id, Stop))!.Key.Role = Role.Admin;

        (await Keys.FindAsync(added.Key.Id, Stop))!.Key.ShouldBe(expected);
    }

    [Fact]
    public async Task Keys_AreListedByIdWithinTheirWorkspace()
    {
        var mine = new List<StoredApiKey>();
        for (var i = 0; i < 5; i++)
        {
            await Keys.AddAsync(NewKey("neighbour"), Stop);
            mine.Add(NewKey());
        }

        foreach (var key in mine.AsEnumerable().Reverse())
            await Keys.AddAsync(key, Stop);

        (await Keys.ListAsync("workspace", "", 3, Stop)).ShouldBe(mine.Take(3).Select(key => key.Key));
        (await Keys.ListAsync("workspace", mine[2].Key.Id, 3, Stop)).ShouldBe(mine.Skip(3).Select(key => key.Key));
        (await Keys.ListAsync("workspace", mine[4].Key.Id, 3, Stop)).ShouldBeEmpty();
        (await Keys.ListAsync("nobody", "", 3, Stop)).ShouldBeEmpty();
    }

    [Fact]
    public async Task RevokedKey_SaysSinceWhenAndKeepsSayingIt()
    {
        var key = NewKey();
        await Keys.AddAsync(key, Stop);
        var expected = key.Key.Clone();
        expected.RevokeTime = Timestamp.FromDateTimeOffset(Start.AddMinutes(1));
        _clock.Now = Start.AddMinutes(1);

        (await Keys.RevokeAsync("workspace", key.Key.Id, Stop)).ShouldBe(expected);
        _clock.Now = Start.AddMinutes(2);
        (await Keys.RevokeAsync("workspace", key.Key.Id, Stop)).ShouldBe(expected);

        (await Keys.FindAsync(key.Key.Id, Stop))!.Key.ShouldBe(expected);
        (await Keys.ListAsync("workspace", "", 9, Stop)).ShouldHaveSingleItem().ShouldBe(expected);
    }

    [Fact]
    public async Task KeyOfAnotherWorkspace_IsNotRevoked()
    {
        var key = NewKey("neighbour");
        await Keys.AddAsync(key, Stop);

        (await Should.ThrowAsync<ApiKeyNotFoundException>(Keys.RevokeAsync("workspace", key.Key.Id, Stop))).Id.ShouldBe(key.Key.Id);
        (await Should.ThrowAsync<ApiKeyNotFoundException>(Keys.RevokeAsync("workspace", "unknown", Stop))).Id.ShouldBe("unknown");

        (await Keys.FindAsync(key.Key.Id, Stop))!.Key.RevokeTime.ShouldBeNull();
    }

    [Fact]
    public async Task Any_IsTrueFromTheFirstKeyOnAlsoWhenItIsRevoked()
    {
        (await Keys.AnyAsync(Stop)).ShouldBeFalse();
        var key = NewKey();
        await Keys.AddAsync(key, Stop);
        (await Keys.AnyAsync(Stop)).ShouldBeTrue();
        await Keys.RevokeAsync("workspace", key.Key.Id, Stop);
        (await Keys.AnyAsync(Stop)).ShouldBeTrue();
    }

    [Fact]
    public async Task SecondProcess_SeesWhatTheFirstWrote()
    {
        using var second = await OpenAsync();
        var key = NewKey();
        await Keys.AddAsync(key, Stop);

        ShouldBe(await second.Keys.FindAsync(key.Key.Id, Stop), key);
        await second.Keys.RevokeAsync("workspace", key.Key.Id, Stop);
        (await Keys.FindAsync(key.Key.Id, Stop))!.Key.RevokeTime.ShouldNotBeNull();
    }

    private async Task<StoreHost> OpenAsync()
    {
        var host = new StoreHost(Settings, _clock, IsDecorated);
        await host.Store.InitializeAsync(Stop);
        return host;
    }

    private StoredApiKey NewKey(string workspace = "workspace")
    {
        _made++;
        return new StoredApiKey(
            workspace,
            new CallerKey
            {
                Id = $"{_made:x32}",
                DisplayName = $"Key {_made} – 訂單",
                Role = Role.Editor,
                CreateTime = Timestamp.FromDateTimeOffset(Start),
                ExpireTime = Timestamp.FromDateTimeOffset(Start.AddDays(_made)),
            },
            Enumerable.Range(_made, 32).Select(i => (byte)i).ToArray());
    }

    private static void ShouldBe(StoredApiKey? found, StoredApiKey expected)
    {
        found.ShouldNotBeNull();
        found.Workspace.ShouldBe(expected.Workspace);
        found.Key.ShouldBe(expected.Key);
        found.Sha256.ToArray().ShouldBe(expected.Sha256.ToArray());
    }
}
