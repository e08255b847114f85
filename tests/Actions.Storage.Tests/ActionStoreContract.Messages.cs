using Actions.V1;
using Google.Protobuf;

namespace Actions.Storage.Tests;

/// <summary>What goes in comes out: copies, sizes, fields of the future.</summary>
public abstract partial class ActionStoreContract
{
    [Fact]
    public async Task MessageChangedAfterCreate_ChangesNothingStored()
    {
        var config = NewAction("order");
        var created = await Store.CreateAsync(Workspace, config, Stop);
        var expected = created.Clone();

        config.Description = created.Description = "changed";
        created.CreateTime.Seconds = 0;

        created.UpdateTime.ShouldBe(expected.UpdateTime);
        (await Store.GetAsync(Workspace, expected.Id, Stop)).ShouldBe(expected);
    }

    [Fact]
    public async Task MessageChangedAfterReplace_ChangesNothingStored()
    {
        var config = await CreateAsync("order");
        var replaced = await Store.ReplaceAsync(Workspace, config, config.Etag, Stop);
        var expected = replaced.Clone();

        config.Description = replaced.Description = "changed";

        (await Store.GetAsync(Workspace, expected.Id, Stop)).ShouldBe(expected);
    }

    [Fact]
    public async Task MessageRead_IsTheReadersOwn()
    {
        var stored = await CreateAsync("order");

        (await Store.GetAsync(Workspace, stored.Id, Stop))!.Description = "changed";
        (await Store.FindByNameAsync(Workspace, "order", Stop))!.Description = "changed";
        (await ListAsync(new ActionQuery { Limit = 1 }))[0].Description = "changed";

        (await Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBe(stored);
    }

    [Fact]
    public async Task MessagePassedIn_IsNotTouched()
    {
        var config = NewAction("order");
        config.Sample = NewSample(10);
        var before = config.Clone();

        var created = await Store.CreateAsync(Workspace, config, Stop);
        config.ShouldBe(before);

        before = created.Clone();
        await Store.ReplaceAsync(Workspace, created, created.Etag, Stop);
        created.ShouldBe(before);
    }

    [Fact]
    public async Task MessageOfAMebibyte_IsStoredWhole()
    {
        var config = NewAction("big");
        config.Request.JsonBody = "{\"text\":\"" + new string('é', 512 * 1024) + "\"}";
        config.Sample = NewSample(64 * 1024);

        var created = await Store.CreateAsync(Workspace, config, Stop);

        (await Store.GetAsync(Workspace, created.Id, Stop)).ShouldBe(created);
        (await Store.ReplaceAsync(Workspace, created, created.Etag, Stop)).Request.ShouldBe(config.Request);
    }

    [Fact]
    public async Task FieldsOfANewerContract_Survive()
    {
        // Field 1000, varint 7: nothing this version knows.
        var config = ActionConfig.Parser.ParseFrom([.. NewAction("order").ToByteArray(), 0xC0, 0x3E, 0x07]);

        var created = await Store.CreateAsync(Workspace, config, Stop);
        var read = await Store.GetAsync(Workspace, created.Id, Stop);

        read.ShouldNotBeNull().ShouldBe(created);
        read.ToByteArray().TakeLast(3).ShouldBe([0xC0, 0x3E, 0x07]);
    }

    [Fact]
    public async Task List_LeavesSamplesOut()
    {
        var config = NewAction("order");
        config.Sample = NewSample(10);
        var created = await Store.CreateAsync(Workspace, config, Stop);

        var listed = (await ListAsync(new ActionQuery { Limit = 10 })).ShouldHaveSingleItem();

        created.Sample = null;
        listed.ShouldBe(created);
    }

    [Fact]
    public async Task SampleLeftOutOfAReplacement_IsRemoved()
    {
        var config = NewAction("order");
        config.Sample = NewSample(10);
        var created = await Store.CreateAsync(Workspace, config, Stop);

        created.Sample = null;
        await Store.ReplaceAsync(Workspace, created, created.Etag, Stop);

        (await Store.GetAsync(Workspace, created.Id, Stop))!.Sample.ShouldBeNull();
    }
}
