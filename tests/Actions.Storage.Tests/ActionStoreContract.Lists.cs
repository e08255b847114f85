using System.Text;

namespace Actions.Storage.Tests;

/// <summary>Order, pages, prefixes and labels.</summary>
public abstract partial class ActionStoreContract
{
    [Fact]
    public async Task Names_AreOrderedByTheBytesOfTheirKeys()
    {
        await RequireOrderByBytesAsync();
        // U+FF5E comes before U+10428 in UTF-8 and in code points, but after it in UTF-16.
        string[] names = ["b", "B1", "a", "Z", "é", "e", "\uFF5E", "\U00010428", "_", "10", "9", "", " ", "日本"];
        foreach (var name in names)
            await CreateAsync(name);

        var listed = await ListAsync(new ActionQuery { Limit = 100 });

        listed.Select(action => action.Name).ShouldBe(names.OrderBy(KeyBytes, StringComparer.Ordinal));

        static string KeyBytes(string name) => Convert.ToHexString(Encoding.UTF8.GetBytes(ActionName.Key(name)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(11)]
    public async Task Pages_JoinToTheWholeList(int limit)
    {
        for (var i = 0; i < 10; i++)
            await CreateAsync($"order {i}");

        var walked = await WalkAsync(new ActionQuery { Limit = limit });

        walked.ShouldBe(Enumerable.Range(0, 10).Select(i => $"order {i}"));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(15_000, 2)]
    [InlineData(25_000, 3)]
    [InlineData(1_000_000, 5)]
    public async Task PageBeyondItsBytes_EndsWithTheActionThatExceedsThem(long maxBytes, int count)
    {
        for (var i = 0; i < 5; i++)
        {
            var action = NewAction($"order {i}");
            action.Description = new string('x', 10_000);
            action.Sample = NewSample(20_000);
            await Store.CreateAsync(Workspace, action, Stop);
        }

        var page = await ListAsync(new ActionQuery { Limit = 10, MaxBytes = maxBytes });

        page.Select(action => action.Name).ShouldBe(Enumerable.Range(0, count).Select(i => $"order {i}"));
        page.ShouldAllBe(action => action.Description.Length == 10_000 && action.Etag.Length > 0);
        page.ShouldAllBe(action => action.Sample == null);
    }

    [Fact]
    public async Task PositionOfADeletedAction_StillLeadsOn()
    {
        foreach (var name in (string[])["a", "b", "c"])
            await CreateAsync(name);
        await Store.DeleteAsync(Workspace, (await Store.FindByNameAsync(Workspace, "b", Stop))!.Id, null, Stop);

        (await NamesAsync(new ActionQuery { Limit = 10, AfterName = "B" })).ShouldBe(["c"]);
        (await NamesAsync(new ActionQuery { Limit = 10, AfterName = "c" })).ShouldBeEmpty();
        (await NamesAsync(new ActionQuery { Limit = 10, AfterName = "" })).ShouldBe(["a", "c"]);
    }

    [Fact]
    public async Task LimitBelowOne_IsRefused()
    {
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => ListAsync(new ActionQuery { Limit = 0 }));
        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => ListAsync(new ActionQuery { Limit = -1 }));
    }

    [Theory]
    [InlineData("order", new[] { "order", "Order 1", "order%", "order\U0010FFFF", "order\U0010FFFFx" })]
    [InlineData("ORDER ", new[] { "Order 1" })]
    [InlineData("order%", new[] { "order%" })]
    [InlineData("order_", new string[0])]
    [InlineData("order*", new string[0])]
    [InlineData("%", new string[0])]
    [InlineData("order\U0010FFFF", new[] { "order\U0010FFFF", "order\U0010FFFFx" })]
    [InlineData("\U0010FFFF", new[] { "\U0010FFFF" })]
    [InlineData("é", new[] { "É" })]
    [InlineData("orders", new string[0])]
    public async Task Prefix_IsTakenLiterallyAndRegardlessOfCase(string prefix, string[] expected)
    {
        string[] names =
        [
            "orde", "ordf", "order", "Order 1", "order%", "order\U0010FFFF", "order\U0010FFFFx", "É", "\U0010FFFF",
        ];
        foreach (var name in names)
            await CreateAsync(name);

        (await NamesAsync(new ActionQuery { Limit = 10, NamePrefix = prefix })).ShouldBe(expected);
        (await WalkAsync(new ActionQuery { Limit = 1, NamePrefix = prefix })).ShouldBe(expected);
    }

    [Fact]
    public async Task PositionBeforeThePrefix_StartsAtThePrefix()
    {
        foreach (var name in (string[])["a", "b1", "b2", "c"])
            await CreateAsync(name);

        (await NamesAsync(new ActionQuery { Limit = 10, NamePrefix = "b", AfterName = "a" })).ShouldBe(["b1", "b2"]);
        (await NamesAsync(new ActionQuery { Limit = 10, NamePrefix = "b", AfterName = "b" })).ShouldBe(["b1", "b2"]);
        (await NamesAsync(new ActionQuery { Limit = 10, NamePrefix = "b", AfterName = "b1" })).ShouldBe(["b2"]);
        (await NamesAsync(new ActionQuery { Limit = 10, NamePrefix = "b", AfterName = "c" })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Labels_MustAllMatchExactly()
    {
        await CreateLabelledAsync("both", ("team", "support"), ("env", "prod"), ("more", ""));
        await CreateLabelledAsync("one", ("team", "support"));
        await CreateLabelledAsync("swapped", ("support", "team"), ("prod", "env"));
        await CreateLabelledAsync("case", ("Team", "support"), ("env", "Prod"));
        await CreateAsync("none");

        (await MatchedAsync(("team", "support"))).ShouldBe(["both", "one"]);
        (await MatchedAsync(("team", "support"), ("env", "prod"))).ShouldBe(["both"]);
        (await MatchedAsync(("more", ""))).ShouldBe(["both"]);
        (await MatchedAsync(("team", "suppor"))).ShouldBeEmpty();
        (await MatchedAsync(("team", "%"))).ShouldBeEmpty();
        (await MatchedAsync(("missing", ""))).ShouldBeEmpty();
        (await MatchedAsync()).Count.ShouldBe(5);
    }

    [Theory]
    [InlineData("with.dot", "$dollar")]
    [InlineData("$where", "{\"$ne\": null}")]
    [InlineData("quote\"'`", "back\\slash\\u0000")]
    [InlineData("line\r\nbreak", "tab\t")]
    [InlineData("nul\0", "\0nul")]
    [InlineData("'; DELETE FROM actions; --", "%_*?[]")]
    [InlineData("👩‍👩‍👧‍👦", "İß\u0301")]
    [InlineData(" ", " ")]
    public async Task AwkwardLabels_AreMatchedAsTheyAre(string key, string value)
    {
        await CreateLabelledAsync("labelled", (key, value));
        await CreateLabelledAsync("other", (key, value + "x"), (key + "x", value));

        (await MatchedAsync((key, value))).ShouldBe(["labelled"]);
        (await Store.FindByNameAsync(Workspace, "labelled", Stop))!.Labels[key].ShouldBe(value);
    }

    [Fact]
    public async Task LabelsReplaced_MatchTheNewOnesOnly()
    {
        var stored = await CreateLabelledAsync("order", ("old", "1"), ("kept", "1"));
        stored.Labels.Remove("old");
        stored.Labels["new"] = "1";
        await Store.ReplaceAsync(Workspace, stored, stored.Etag, Stop);

        (await MatchedAsync(("old", "1"))).ShouldBeEmpty();
        (await MatchedAsync(("kept", "1"), ("new", "1"))).ShouldBe(["order"]);
    }

    [Fact]
    public async Task LabelsPrefixAndPosition_WorkTogether()
    {
        foreach (var name in (string[])["a1", "b1", "b2", "b3", "b4", "c1"])
            await CreateLabelledAsync(name, ("even", $"{name[1] % 2 == 0}"));

        var query = new ActionQuery
        {
            Limit = 1,
            NamePrefix = "B",
            AfterName = "b2",
            Labels = new Dictionary<string, string> { ["even"] = "True" },
        };
        (await NamesAsync(query)).ShouldBe(["b4"]);
    }

    [Fact]
    public async Task ManyLabels_AreAllCounted()
    {
        var labels = Enumerable.Range(0, 200).Select(i => ($"key {i}", $"value {i}")).ToArray();
        await CreateLabelledAsync("order", labels);
        await CreateLabelledAsync("other", labels[1..]);

        (await MatchedAsync(labels)).ShouldBe(["order"]);
    }

    private Task<V1.ActionConfig> CreateLabelledAsync(string name, params (string Key, string Value)[] labels)
    {
        var config = NewAction(name);
        foreach (var (key, value) in labels)
            config.Labels[key] = value;
        return Store.CreateAsync(Workspace, config, Stop);
    }

    private Task<List<string>> MatchedAsync(params (string Key, string Value)[] labels) => NamesAsync(new ActionQuery
    {
        Limit = 100,
        Labels = labels.ToDictionary(label => label.Key, label => label.Value),
    });

    private async Task<List<string>> NamesAsync(ActionQuery query) =>
        [.. (await ListAsync(query)).Select(action => action.Name)];

    /// <summary>All pages, as a client follows them: until one isn't full.</summary>
    private async Task<List<string>> WalkAsync(ActionQuery query)
    {
        var walked = new List<string>();
        while (true)
        {
            var page = await NamesAsync(query);
            page.Count.ShouldBeLessThanOrEqualTo(query.Limit);
            walked.AddRange(page);
            if (page.Count < query.Limit)
                return walked;
            page[^1].ShouldNotBe(query.AfterName, "The walk must move on.");
            query = query with { AfterName = page[^1] };
        }
    }
}
