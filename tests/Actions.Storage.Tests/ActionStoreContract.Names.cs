namespace Actions.Storage.Tests;

/// <summary>When two names are the same, and that there is never a second one.</summary>
public abstract partial class ActionStoreContract
{
    [Theory]
    [InlineData("Check Order", "CHECK ORDER")]
    [InlineData("ÄRGER", "ärger")]
    [InlineData("ΣΟΦΟΣ", "σοφος")]
    [InlineData("σοφος", "σοφος" /* final sigma */)]
    [InlineData("ЗАКАЗ", "заказ")]
    [InlineData("\U00010400", "\U00010428")] // Deseret: letters outside the basic plane
    [InlineData("GROẞ", "groß")]
    [InlineData("\u01C4", "\u01C5")] // Ǆ, ǅ: upper and title case
    [InlineData("\u00B5", "\u03BC")] // the micro sign and the letter mu
    [InlineData("k", "\u212A")] // the Kelvin sign
    public async Task NamesDifferingInCase_AreTheSame(string name, string same)
    {
        var stored = await CreateAsync(name);

        (await Should.ThrowAsync<NameTakenException>(CreateAsync(same))).Name.ShouldBe(same);
        (await Store.FindByNameAsync(Workspace, same, Stop)).ShouldBe(stored);
        (await ListAsync(new ActionQuery { Limit = 10, NamePrefix = same })).ShouldBe([stored]);
    }

    // One letter becomes one letter, no language's own rule applies, and i and s stay apart from their relatives.
    [Theory]
    [InlineData("Straße", "STRASSE")]
    [InlineData("İstanbul", "istanbul")]
    [InlineData("ısı", "ISI")]
    [InlineData("s", "\u017F")] // long s
    [InlineData("ﬁle", "file")]
    [InlineData("caf\u00E9", "cafe\u0301")] // composed and decomposed
    [InlineData("order", "order ")]
    [InlineData("order", "orde")]
    [InlineData("a b", "a\u00A0b")]
    [InlineData("日本", "日木")]
    public async Task NamesDifferingInMoreThanCase_AreTwo(string name, string other)
    {
        var first = await CreateAsync(name);
        var second = await CreateAsync(other);

        (await Store.FindByNameAsync(Workspace, name, Stop)).ShouldBe(first);
        (await Store.FindByNameAsync(Workspace, other, Stop)).ShouldBe(second);
    }

    [Theory]
    [InlineData("日本語の注文")]
    [InlineData("بحث عن الطلب")]
    [InlineData("👩‍👩‍👧‍👦 family")]
    [InlineData("e\u0301\u0327\u0323")]
    [InlineData("\u200F\u202Eright to left")]
    [InlineData("'; DROP TABLE actions; --")]
    [InlineData("100% _[a-z]*? \\ \" ` $name @p :q {}")]
    [InlineData("tab\tline\nnul\0end")]
    [InlineData("\uFFFD\uFFFF\U0010FFFF")]
    public async Task UnicodeName_ComesBackAsItWas(string name)
    {
        if (name.Any(char.IsSurrogate))
            await RequireOrderByBytesAsync();
        var stored = await CreateAsync(name);

        stored.Name.ShouldBe(name);
        (await Store.GetAsync(Workspace, stored.Id, Stop)).ShouldBe(stored);
        (await Store.FindByNameAsync(Workspace, name, Stop)).ShouldBe(stored);
        (await ListAsync(new ActionQuery { Limit = 10, NamePrefix = name })).ShouldBe([stored]);
        (await ListAsync(new ActionQuery { Limit = 10, AfterName = name })).ShouldBeEmpty();
        await Should.ThrowAsync<NameTakenException>(CreateAsync(name));
    }

    [Fact]
    public async Task Renamed_IsFoundByItsNewNameOnly()
    {
        var stored = await CreateAsync("old");
        stored.Name = "new";

        var renamed = await Store.ReplaceAsync(Workspace, stored, stored.Etag, Stop);

        (await Store.FindByNameAsync(Workspace, "new", Stop)).ShouldBe(renamed);
        (await Store.FindByNameAsync(Workspace, "old", Stop)).ShouldBeNull();
        (await CreateAsync("old")).Id.ShouldNotBe(renamed.Id);
    }

    [Fact]
    public async Task RenamedInCaseOnly_KeepsTheNewSpelling()
    {
        var stored = await CreateAsync("check order");
        stored.Name = "Check Order";

        await Store.ReplaceAsync(Workspace, stored, stored.Etag, Stop);

        (await Store.FindByNameAsync(Workspace, "check order", Stop))!.Name.ShouldBe("Check Order");
    }

    [Fact]
    public async Task RenamedToATakenName_IsRefusedAndChangesNothing()
    {
        var taken = await CreateAsync("taken");
        var stored = await CreateAsync("free");
        var renamed = stored.Clone();
        renamed.Name = "TAKEN";
        renamed.Labels["new"] = "label";

        (await Should.ThrowAsync<NameTakenException>(Store.ReplaceAsync(Workspace, renamed, stored.Etag, Stop)))
            .Name.ShouldBe("TAKEN");

        (await ListAsync(new ActionQuery { Limit = 10 })).ShouldBe([stored, taken]);
    }

    [Fact]
    public async Task OutdatedEtagAndTakenName_IsToldAsTheEtag()
    {
        await CreateAsync("taken");
        var stored = await CreateAsync("free");
        stored.Name = "taken";

        await Should.ThrowAsync<EtagMismatchException>(Store.ReplaceAsync(Workspace, stored, "outdated", Stop));
    }
}
