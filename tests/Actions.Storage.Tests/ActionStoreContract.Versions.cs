namespace Actions.Storage.Tests;

/// <summary>Etags and times.</summary>
public abstract partial class ActionStoreContract
{
    [Fact]
    public async Task EveryWrite_ChangesTheEtag()
    {
        var etags = new HashSet<string>();
        var stored = await CreateAsync("order");
        etags.Add(stored.Etag);
        for (var i = 0; i < 20; i++)
        {
            // The same content each time: it is the write that counts.
            stored = await Store.ReplaceAsync(Workspace, stored, stored.Etag, Stop);
            etags.Add(stored.Etag).ShouldBeTrue();
        }

        etags.ShouldNotContain("");
        (await Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBe(stored);
    }

    [Fact]
    public async Task OutdatedEtag_IsRefusedWithTheStoredOne()
    {
        var first = await CreateAsync("order");
        var second = await Store.ReplaceAsync(Workspace, first, first.Etag, Stop);

        var replacing = await Should.ThrowAsync<EtagMismatchException>(
            Store.ReplaceAsync(Workspace, first, first.Etag, Stop));
        replacing.Id.ShouldBe(first.Id);
        replacing.StoredEtag.ShouldBe(second.Etag);

        var deleting = await Should.ThrowAsync<EtagMismatchException>(
            Store.DeleteAsync(Workspace, first.Id, first.Etag, Stop));
        deleting.StoredEtag.ShouldBe(second.Etag);

        (await Store.GetAsync(Workspace, first.Id, Stop)).ShouldBe(second);
    }

    [Fact]
    public async Task EtagInsideTheMessage_DoesNotCount()
    {
        var stored = await CreateAsync("order");
        var config = stored.Clone();
        config.Etag = "anything";

        await Should.ThrowAsync<EtagMismatchException>(Store.ReplaceAsync(Workspace, config, config.Etag, Stop));
        (await Store.ReplaceAsync(Workspace, config, stored.Etag, Stop)).Etag.ShouldNotBe("anything");
    }

    [Fact]
    public async Task DeleteWithoutEtag_TakesWhateverVersion()
    {
        var stored = await CreateAsync("order");
        await Store.ReplaceAsync(Workspace, stored, stored.Etag, Stop);

        await Store.DeleteAsync(Workspace, stored.Id, null, Stop);

        (await Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task Replacement_SetsUpdateTimeAndKeepsCreateTime()
    {
        var created = await CreateAsync("order");
        var config = created.Clone();
        config.CreateTime = config.UpdateTime = null;
        _clock.Now += TimeSpan.FromTicks(12345678);

        var replaced = await Store.ReplaceAsync(Workspace, config, created.Etag, Stop);

        replaced.CreateTime.ShouldBe(created.CreateTime);
        replaced.UpdateTime.ToDateTimeOffset().ShouldBe(_clock.Now);
        (await Store.GetAsync(Workspace, created.Id, Stop)).ShouldBe(replaced);
        (await ListAsync(new ActionQuery { Limit = 1 })).ShouldBe([replaced]);
    }

    [Fact]
    public async Task ClockSetBack_DoesNotSetBackTheUpdateTime()
    {
        var created = await CreateAsync("order");
        _clock.Now += TimeSpan.FromHours(1);
        var replaced = await Store.ReplaceAsync(Workspace, created, created.Etag, Stop);

        _clock.Now -= TimeSpan.FromDays(1);
        var again = await Store.ReplaceAsync(Workspace, replaced, replaced.Etag, Stop);

        again.UpdateTime.ShouldBe(replaced.UpdateTime);
        again.CreateTime.ShouldBe(created.CreateTime);
    }

    [Fact]
    public async Task SameInstant_StillGivesDistinctIds()
    {
        var ids = new HashSet<string>();
        for (var i = 0; i < 100; i++)
            ids.Add((await CreateAsync($"order {i}")).Id).ShouldBeTrue();
    }

    [Fact]
    public async Task Etags_AreThoseOfWhatExistsNow()
    {
        var stays = await CreateAsync("stays");
        var changes = await CreateAsync("changes");
        var goes = await CreateAsync("goes");
        await Store.DeleteAsync(Workspace, goes.Id, null, Stop);
        changes = await Store.ReplaceAsync(Workspace, changes, changes.Etag, Stop);
        var foreign = new ActionKey(Neighbour, stays.Id);

        var etags = await Store.ReadEtagsAsync(
            [new(Workspace, stays.Id), new(Workspace, changes.Id), new(Workspace, goes.Id), foreign], Stop);

        etags.ShouldBe(
            new Dictionary<ActionKey, string>
            {
                [new(Workspace, stays.Id)] = stays.Etag,
                [new(Workspace, changes.Id)] = changes.Etag,
            },
            ignoreOrder: true);
        (await Store.ReadEtagsAsync([], Stop)).ShouldBeEmpty();
    }
}
