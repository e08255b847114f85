using Actions.Storage;
using Actions.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace Actions.Server.Tests.Configs;

public sealed class ListTests(ManyActions many) : IClassFixture<ManyActions>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0, 50)]
    [InlineData(1, 1)]
    [InlineData(200, 200)]
    public async Task PageSize_IsWhatComesInTheOrderOfNames(int pageSize, int count)
    {
        var page = await ListAsync(new() { PageSize = pageSize });

        page.ActionConfigs.ShouldBe(many.All.Take(count));
        page.NextPageToken.ShouldNotBeEmpty();
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(201)]
    public async Task PageSizeOutOfRange_IsAViolation(int pageSize) =>
        (await RefusalAsync(new() { PageSize = pageSize })).ShouldBeViolationOf("page_size");

    [Theory]
    [InlineData(7)]
    // Divides the count: the last page is full, and says that it is the last.
    [InlineData(41)]
    public async Task WalkOverAllPages_MeetsEachActionOnceInTheOrderOfNames(int pageSize)
    {
        var pages = await WalkAsync(many.Server, new() { PageSize = pageSize });

        pages.SelectMany(page => page.ActionConfigs).ShouldBe(many.All);
        pages.Count.ShouldBe((ManyActions.Count + pageSize - 1) / pageSize);
    }

    [Fact]
    public async Task NamePrefix_SelectsRegardlessOfCase()
    {
        var page = await ListAsync(new() { NamePrefix = "ORDER 01", PageSize = 200 });

        page.ActionConfigs.ShouldBe(many.All.Skip(10).Take(10));
        page.NextPageToken.ShouldBeEmpty();
    }

    [Fact]
    public async Task NamePrefixBeyondAscii_IsAPrefixToo()
    {
        await using var server = await RunningServer.StartAsync();
        foreach (var name in (string[])["ÄPFEL", "Äpfel 2", "Apfel", "Äp", "Äpg"])
            await server.CreateAsync(AnAction.Named(name));

        var page = await server.Configs.ListActionConfigsAsync(new() { NamePrefix = "äPF" }, cancellationToken: Token);

        page.ActionConfigs.Select(action => action.Name).ShouldBe(["ÄPFEL", "Äpfel 2"]);
    }

    [Fact]
    public async Task Labels_SelectWhatCarriesAllOfThem()
    {
        var pages = await WalkAsync(
            many.Server, new() { PageSize = 10, Labels = { ["parity"] = "odd", ["stage"] = "live" } });

        var expected = many.All.Where(action => action.Labels.GetValueOrDefault("parity") == "odd" && action.Labels.ContainsKey("stage"));
        pages.SelectMany(page => page.ActionConfigs).ShouldBe(expected);
        pages.Count.ShouldBe(2);
        (await ListAsync(new() { Labels = { ["parity"] = "ODD" } })).ActionConfigs.ShouldBeEmpty();
        (await ListAsync(new() { Labels = { ["parity"] = "" } })).ActionConfigs.ShouldBeEmpty();
    }

    [Fact]
    public async Task TokenWithAnotherPageSize_GoesOn()
    {
        var first = await ListAsync(new() { PageSize = 3, NamePrefix = "order" });

        var second = await ListAsync(new() { PageSize = 2, NamePrefix = "ORDER", PageToken = first.NextPageToken });

        second.ActionConfigs.ShouldBe(many.All.Skip(3).Take(2));
    }

    [Fact]
    public async Task TokenOfAnotherFilter_IsAViolation()
    {
        var token = (await ListAsync(new() { PageSize = 1, NamePrefix = "order", Labels = { ["parity"] = "odd" } })).NextPageToken;

        foreach (var other in (ListActionConfigsRequest[])
        [
            new() { PageToken = token },
            new() { PageToken = token, NamePrefix = "order" },
            new() { PageToken = token, NamePrefix = "orde", Labels = { ["parity"] = "odd" } },
            new() { PageToken = token, NamePrefix = "order", Labels = { ["parity"] = "even" } },
            new() { PageToken = token, NamePrefix = "order", Labels = { ["parity"] = "odd", ["stage"] = "live" } },
        ])
            (await RefusalAsync(other)).ShouldBeViolationOf("page_token");
    }

    [Fact]
    public async Task TamperedToken_IsAViolation()
    {
        var token = (await ListAsync(new() { PageSize = 1 })).NextPageToken;
        var other = token[0] == 'A' ? 'B' : 'A';

        foreach (var tampered in (string[])[other + token[1..], token[..4], "next", "%%%", "…", " "])
            (await RefusalAsync(new() { PageToken = tampered })).ShouldBeViolationOf("page_token");
    }

    [Fact]
    public async Task ActionThatTheTokenStandsFor_MayBeGone()
    {
        await using var server = await RunningServer.StartAsync();
        foreach (var name in (string[])["a", "b", "c"])
            await server.CreateAsync(AnAction.Named(name));
        var first = await server.Configs.ListActionConfigsAsync(new() { PageSize = 2 }, cancellationToken: Token);

        await server.Configs.DeleteActionConfigAsync(new() { Id = first.ActionConfigs[1].Id }, cancellationToken: Token);

        var second = await server.Configs.ListActionConfigsAsync(
            new() { PageToken = first.NextPageToken }, cancellationToken: Token);
        second.ActionConfigs.ShouldHaveSingleItem().Name.ShouldBe("c");
    }

    [Fact]
    public async Task LargeActions_MakeShortPagesBelowThreeMebibytes()
    {
        await using var server = await RunningServer.StartAsync();
        for (var i = 0; i < 6; i++)
            await server.CreateAsync(OfSize(700_000));

        var pages = await WalkAsync(server, new() { PageSize = 200 });

        pages.Sum(page => page.ActionConfigs.Count).ShouldBe(6);
        pages.Count.ShouldBe(2);
        pages.ShouldAllBe(page => page.CalculateSize() < 3 << 20);
    }

    [Fact]
    public async Task ActionTooLargeForAPage_IsRefused()
    {
        await using var server = await RunningServer.StartAsync();
        var tooLarge = OfSize(3_200_000);

        (await Refusal.OfAsync(server.Configs.CreateActionConfigAsync(new() { ActionConfig = tooLarge }, cancellationToken: Token)))
            .ShouldBeViolationOf("action_config");

        var small = await server.CreateAsync(AnAction.Any());
        tooLarge.Id = small.Id;
        (await Refusal.OfAsync(server.Configs.UpdateActionConfigAsync(new() { ActionConfig = tooLarge }, cancellationToken: Token)))
            .ShouldBeViolationOf("action_config");
        (await WalkAsync(server, new())).ShouldAllBe(page => page.CalculateSize() < 3 << 20);
    }

    /// <summary>A page is cut before it is built: eight pages of 60 actions take what eight pages take.</summary>
    [Fact]
    public async Task ManyPagesOfLargeActions_TakeNoMoreThanWhatTheyShow()
    {
        await using var server = await RunningServer.StartAsync();
        for (var i = 0; i < 60; i++)
            await server.CreateAsync(OfSize(1 << 20));
        var before = GC.GetTotalAllocatedBytes(precise: true);

        var pages = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            async _ => await server.Configs.ListActionConfigsAsync(new() { PageSize = 60 }, cancellationToken: Token)));

        // In all, with the client's part: 60 actions read for each page are gigabytes.
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(8L * (100 << 20));
        pages.ShouldAllBe(page => page.ActionConfigs.Count == 2 && page.NextPageToken.Length > 0);
        (await WalkAsync(server, new() { PageSize = 60 })).Sum(page => page.ActionConfigs.Count).ShouldBe(60);
    }

    /// <summary>In the store they are larger than what a client sees of them.</summary>
    [Fact]
    public async Task LargeSecrets_AreOnThePagesOnceEach()
    {
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Server:MaxPageBytes"] = "20000",
            ["Server:MaxActionBytes"] = "20000",
        });
        for (var i = 0; i < 5; i++)
        {
            var action = AnAction.Any();
            var secret = new Secret { Plaintext = new string('s', 8_000) };
            action.Authentication = new() { BearerToken = new() { Token = secret } };
            await server.CreateAsync(action);
        }

        var pages = await WalkAsync(server, new());

        pages.SelectMany(page => page.ActionConfigs).Select(action => action.Id).Distinct().Count().ShouldBe(5);
        pages.Sum(page => page.ActionConfigs.Count).ShouldBe(5);
    }

    private static ActionConfig OfSize(int bytes)
    {
        const int valueBytes = 200_000;
        var action = AnAction.Any();
        for (var i = 0; action.CalculateSize() < bytes; i++)
            action.Variables.Add(new Variable { Name = $"v{i}", DefaultValue = Value.ForString(new string('x', valueBytes)) });
        return action;
    }

    private async Task<ListActionConfigsResponse> ListAsync(ListActionConfigsRequest request) =>
        await many.Server.Configs.ListActionConfigsAsync(request, cancellationToken: Token);

    private async Task<Refusal> RefusalAsync(ListActionConfigsRequest request) =>
        await Refusal.OfAsync(many.Server.Configs.ListActionConfigsAsync(request, cancellationToken: Token));

    private static async Task<List<ListActionConfigsResponse>> WalkAsync(RunningServer server, ListActionConfigsRequest request)
    {
        var pages = new List<ListActionConfigsResponse>();
        do
        {
            pages.Add(await server.Configs.ListActionConfigsAsync(request, cancellationToken: Token));
            request.PageToken = pages[^1].NextPageToken;
        }
        while (request.PageToken.Length > 0);
        return pages;
    }
}
