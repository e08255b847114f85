namespace Actions.Storage.Tests;

/// <summary>Another workspace's actions are as unknown as actions that never were.</summary>
public abstract partial class ActionStoreContract
{
    [Fact]
    public async Task ForeignAction_CannotBeRead()
    {
        var stored = await CreateAsync("order");

        (await Store.GetAsync(Neighbour, stored.Id, Stop)).ShouldBeNull();
        (await Store.FindByNameAsync(Neighbour, "order", Stop)).ShouldBeNull();
        (await Store.ListAsync(Neighbour, new ActionQuery { Limit = 10 }, Stop)).ShouldBeEmpty();
        (await Store.GetAsync("", stored.Id, Stop)).ShouldBeNull();
        (await Store.GetAsync("WORKSPACE", stored.Id, Stop)).ShouldBeNull();
        (await Store.GetAsync("work%", stored.Id, Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task ForeignAction_CannotBeReplaced()
    {
        var stored = await CreateAsync("order");
        var change = stored.Clone();
        change.Description = "changed";

        await Should.ThrowAsync<ActionNotFoundException>(Store.ReplaceAsync(Neighbour, change, stored.Etag, Stop));

        // Not even the etag is told to a stranger.
        await Should.ThrowAsync<ActionNotFoundException>(Store.ReplaceAsync(Neighbour, change, "other", Stop));
        (await Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBe(stored);
    }

    [Fact]
    public async Task ForeignAction_CannotBeDeleted()
    {
        var stored = await CreateAsync("order");

        await Should.ThrowAsync<ActionNotFoundException>(Store.DeleteAsync(Neighbour, stored.Id, null, Stop));
        await Should.ThrowAsync<ActionNotFoundException>(Store.DeleteAsync(Neighbour, stored.Id, stored.Etag, Stop));
        await Should.ThrowAsync<ActionNotFoundException>(Store.DeleteAsync(Neighbour, stored.Id, "other", Stop));

        (await Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBe(stored);
    }

    [Fact]
    public async Task SameName_IsFreeInEachWorkspace()
    {
        var ours = await CreateAsync("order");
        var theirs = await CreateAsync("order", Neighbour);

        theirs.Id.ShouldNotBe(ours.Id);
        (await Store.FindByNameAsync(Neighbour, "ORDER", Stop)).ShouldBe(theirs);
        (await Store.ListAsync(Neighbour, new ActionQuery { Limit = 10 }, Stop)).ShouldBe([theirs]);

        await Store.DeleteAsync(Neighbour, theirs.Id, null, Stop);
        (await ListAsync(new ActionQuery { Limit = 10 })).ShouldBe([ours]);
    }

    [Fact]
    public async Task ForeignLabels_AreNotMatched()
    {
        var config = NewAction("order");
        config.Labels["team"] = "support";
        await Store.CreateAsync(Neighbour, config, Stop);
        await CreateAsync("order");

        (await ListAsync(new ActionQuery { Limit = 10, Labels = config.Labels })).ShouldBeEmpty();
    }
}
