using System.Globalization;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.Execution;

/// <summary>What was acknowledged is what is executed, cache or not.</summary>
public sealed class FreshnessTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private readonly RunningServer _server = fixture.Server;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task UpdatedAction_IsExecutedInItsNewFormRightAway()
    {
        await using var upstream = Echoing();
        var action = await _server.CreateAsync(AnAction.Calling($"{upstream.Url}/0"));
        var acknowledged = 0;
        using var stop = new CancellationTokenSource();
        // They load what one update wrote while the next one writes.
        var others = Enumerable.Range(0, 6).Select(_ => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var least = Volatile.Read(ref acknowledged);
                NumberIn(await PathCalledAsync(new() { Id = action.Id })).ShouldBeGreaterThanOrEqualTo(least);
            }
        })).ToList();

        for (var i = 1; i <= 100; i++)
        {
            await _server.UpdateAsync(
                new() { Id = action.Id, Request = new() { Url = $"{upstream.Url}/{i}" } }, "request.url");
            Volatile.Write(ref acknowledged, i);
            if (i % 3 == 0)
                NumberIn(await PathCalledAsync(new() { Name = action.Name })).ShouldBe(i);
        }

        await stop.CancelAsync();
        await Task.WhenAll(others);
    }

    [Fact]
    public async Task RenamedAction_IsFoundByItsNewNameOnly()
    {
        await using var upstream = Echoing();
        var action = await _server.CreateAsync(AnAction.Calling($"{upstream.Url}/renamed"));
        await PathCalledAsync(new() { Name = action.Name });
        var name = AnAction.FreeName();

        await _server.UpdateAsync(new() { Id = action.Id, Name = name });

        (await PathCalledAsync(new() { Name = name })).ShouldBe("/renamed");
        (await RefusalAsync(new() { Name = action.Name }))
            .ShouldBe(StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("name", action.Name));
        // Somebody else's now.
        var heir = AnAction.Calling($"{upstream.Url}/heir");
        heir.Name = action.Name;
        await _server.CreateAsync(heir);
        (await PathCalledAsync(new() { Name = action.Name })).ShouldBe("/heir");
        (await PathCalledAsync(new() { Id = action.Id })).ShouldBe("/renamed");
    }

    [Fact]
    public async Task DeletedAction_IsNotExecutedAnyMore()
    {
        await using var upstream = Echoing();
        var action = await _server.CreateAsync(AnAction.Calling($"{upstream.Url}/old"));
        await PathCalledAsync(new() { Name = action.Name });

        await _server.Configs.DeleteActionConfigAsync(new() { Id = action.Id }, cancellationToken: Token);

        (await RefusalAsync(new() { Id = action.Id }))
            .ShouldBe(StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("id", action.Id));
        (await RefusalAsync(new() { Name = action.Name }))
            .ShouldBe(StatusCode.NotFound, "ERROR_REASON_ACTION_NOT_FOUND", ("name", action.Name));
        var next = AnAction.Calling($"{upstream.Url}/new");
        next.Name = action.Name;
        await _server.CreateAsync(next);
        (await PathCalledAsync(new() { Name = action.Name })).ShouldBe("/new");
    }

    [Fact]
    public async Task UpdateThatWasRefused_ChangesNothing()
    {
        await using var upstream = Echoing();
        var action = await _server.CreateAsync(AnAction.Calling($"{upstream.Url}/kept"));

        await Refusal.OfAsync(_server.Configs.UpdateActionConfigAsync(
            new() { ActionConfig = new() { Id = action.Id, Etag = "old", Request = new() { Url = $"{upstream.Url}/lost" } } },
            cancellationToken: Token));

        (await PathCalledAsync(new() { Id = action.Id })).ShouldBe("/kept");
    }

    [Fact]
    public async Task MoreActionsThanTheCacheHolds_AreAllExecuted()
    {
        await using var upstream = Echoing();
        await using var server = await RunningServer.StartAsync(new() { ["Server:MaxCachedActions"] = "1" });
        var actions = new List<ActionConfig>();
        for (var i = 0; i < 3; i++)
            actions.Add(await server.CreateAsync(AnAction.Calling($"{upstream.Url}/{i}")));

        for (var round = 0; round < 2; round++)
            for (var i = 0; i < actions.Count; i++)
            {
                (await PathCalledAsync(new() { Id = actions[i].Id }, server)).ShouldBe($"/{i}");
                (await PathCalledAsync(new() { Name = actions[i].Name }, server)).ShouldBe($"/{i}");
            }
    }

    private static int NumberIn(string path) => int.Parse(path[1..], CultureInfo.InvariantCulture);

    private static RawUpstream Echoing() =>
        RawUpstream.Answering(request => RawUpstream.Response(request.Target, "text/plain"));

    private async Task<string> PathCalledAsync(ExecuteRequest request, RunningServer? server = null) =>
        (await (server ?? _server).ExecuteAsync(request))[^1].Result.Body.ToStringUtf8();

    private async Task<Refusal> RefusalAsync(ExecuteRequest request) =>
        await Refusal.OfAsync(_server.Actions.Execute(request, cancellationToken: Token));
}
