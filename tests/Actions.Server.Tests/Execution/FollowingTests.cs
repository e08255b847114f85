using Actions.Server.Tests.Servers;
using Actions.V1;
using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Actions.Server.Tests.Execution;

/// <summary>What another server on the same store changes, where the store doesn't tell of it.</summary>
public sealed class FollowingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ChangesOfAnotherServer_AreExecutedFromTheNextComparisonOn()
    {
        var clock = new FakeClock();
        await using var upstream = Echoing();
        await using var server = await RunningServer.StartAsync(time: clock);
        await using var other = await RunningServer.StartAsync(new() { ["Storage:Sqlite:Path"] = server.DatabasePath });
        var (changed, deleted, disabled, kept) = (
            await other.CreateAsync(AnAction.Calling($"{upstream.Url}/old")),
            await other.CreateAsync(AnAction.Calling($"{upstream.Url}/deleted")),
            await other.CreateAsync(AnAction.Calling($"{upstream.Url}/disabled")),
            await other.CreateAsync(AnAction.Calling($"{upstream.Url}/kept")));
        foreach (var action in new[] { changed, deleted, disabled, kept })
            await PathCalledAsync(server, action);

        await other.UpdateAsync(new() { Id = changed.Id, Request = new() { Url = $"{upstream.Url}/new" } }, "request.url");
        await other.UpdateAsync(new() { Id = disabled.Id, Disabled = true }, "disabled");
        await other.Configs.DeleteActionConfigAsync(new() { Id = deleted.Id }, cancellationToken: Token);

        // Executing asks no store.
        (await PathCalledAsync(server, changed)).ShouldBe("/old");
        (await PathCalledAsync(server, deleted)).ShouldBe("/deleted");
        (await PathCalledAsync(server, disabled)).ShouldBe("/disabled");
        foreach (var (action, expected) in new[]
        {
            (changed, "/new"), (deleted, "ERROR_REASON_ACTION_NOT_FOUND"), (disabled, "ERROR_REASON_ACTION_DISABLED"),
        })
        {
            await Eventually.TrueAsync(async () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return await PathCalledAsync(server, action) == expected;
            });
        }

        (await PathCalledAsync(server, kept)).ShouldBe("/kept");
    }

    [Fact]
    public async Task StoreThatIsAwayForLong_TakesNothingFromTheCache()
    {
        var clock = new FakeClock();
        await using var upstream = Echoing();
        await using var server = await RunningServer.StartAsync(time: clock);
        var cached = await server.CreateAsync(AnAction.Calling($"{upstream.Url}/cached"));
        var other = await server.CreateAsync(AnAction.Calling($"{upstream.Url}/other"));
        await PathCalledAsync(server, cached);

        // Connections that are open would go on reading a file that was moved.
        SqliteConnection.ClearAllPools();
        File.Move(server.DatabasePath, server.DatabasePath + ".away");
        await Eventually.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromMinutes(1));
            return Task.FromResult(server.Log.Any(line => line.Contains("[100]")));
        });
        clock.Advance(TimeSpan.FromHours(1));

        (await PathCalledAsync(server, cached)).ShouldBe("/cached");
        (await PathCalledAsync(server, other)).ShouldBe("ERROR_REASON_STORE_UNAVAILABLE");

        File.Move(server.DatabasePath + ".away", server.DatabasePath);
        await Eventually.TrueAsync(async () =>
        {
            // Asked for every second now.
            clock.Advance(TimeSpan.FromSeconds(1));
            return await PathCalledAsync(server, other) == "/other";
        });
        server.Log.ShouldContain(line => line.Contains("[101]"));
    }

    [Fact]
    public async Task StoreThatHangs_KeepsNoCallLongerThanItsTimeOut()
    {
        await using var upstream = Echoing();
        await using var server = await RunningServer.StartAsync(new()
        {
            ["Server:StoreTimeout"] = "00:00:00.5",
            // How long SQLite itself would wait.
            ["Storage:Sqlite:BusyTimeout"] = "00:01:00",
            ["Readiness:CheckInterval"] = "00:05:00",
        });
        var cached = await server.CreateAsync(AnAction.Calling($"{upstream.Url}/cached"));
        var other = await server.CreateAsync(AnAction.Calling($"{upstream.Url}/other"));
        await PathCalledAsync(server, cached);

        using (await HeldDatabase.HoldAsync(server.DatabasePath))
        {
            var began = TimeProvider.System.GetTimestamp();
            var calls = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => PathCalledAsync(server, other)));
            var taken = TimeProvider.System.GetElapsedTime(began);
            TestContext.Current.TestOutputHelper!.WriteLine($"300 calls of one action that isn't cached, refused after {taken.TotalSeconds:0.00} s");

            calls.Distinct().ShouldHaveSingleItem().ShouldBe("ERROR_REASON_STORE_UNAVAILABLE");
            taken.ShouldBeLessThan(TimeSpan.FromSeconds(30));
            (await PathCalledAsync(server, cached)).ShouldBe("/cached");
        }

        await Eventually.TrueAsync(async () => await PathCalledAsync(server, other) == "/other");
    }

    private static RawUpstream Echoing() =>
        RawUpstream.Answering(request => RawUpstream.Response(request.Target, "text/plain"));

    /// <returns>The path that the API saw, or why there was no call.</returns>
    private static async Task<string> PathCalledAsync(RunningServer server, ActionConfig action)
    {
        try
        {
            return (await server.ExecuteAsync(new() { Id = action.Id }))[^1].Result.Body.ToStringUtf8();
        }
        catch (RpcException e)
        {
            return (await Refusal.OfAsync(Task.FromException(e))).Reason;
        }
    }
}
