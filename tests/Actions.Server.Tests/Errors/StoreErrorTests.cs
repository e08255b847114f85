using Grpc.Core;
using Microsoft.Data.Sqlite;

namespace Actions.Server.Tests.Errors;

/// <summary>What becomes of calls when the store fails.</summary>
public sealed class StoreErrorTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task StoreLockedBySomebodyElse_IsUnavailableToWritersOnly()
    {
        await using var server = await RunningServer.StartAsync(new() { ["Storage:Sqlite:BusyTimeout"] = "00:00:00.1" });
        var action = await server.CreateAsync(AnAction.Any());

        using (var other = Open(server))
        {
            using var transaction = other.BeginTransaction();
            using var write = other.CreateCommand();
            write.CommandText = "DELETE FROM actions";
            write.ExecuteNonQuery();

            ShouldBeUnavailable(await Refusal.OfAsync(
                server.Configs.CreateActionConfigAsync(new() { ActionConfig = AnAction.Any() }, cancellationToken: Token)));
            ShouldBeUnavailable(await Refusal.OfAsync(server.Configs.UpdateActionConfigAsync(
                new() { ActionConfig = new() { Id = action.Id, Description = "Newer." } }, cancellationToken: Token)));
            ShouldBeUnavailable(await Refusal.OfAsync(
                server.Configs.DeleteActionConfigAsync(new() { Id = action.Id }, cancellationToken: Token)));
            (await server.GetAsync(action.Id)).ShouldBe(action);
        }

        // And back again by itself.
        await server.UpdateAsync(new() { Id = action.Id, Description = "Newer." });
    }

    [Fact]
    public async Task StoreThatIsGone_IsUnavailableUnlessTheActionIsCached()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        // A check between closing the connections and moving the file would open one.
        await using var server = await RunningServer.StartAsync(new() { ["Readiness:CheckInterval"] = "00:05:00" });
        var cached = await server.CreateAsync(AnAction.Calling(upstream.Url));
        var other = await server.CreateAsync(AnAction.Any());
        await server.ExecuteAsync(new() { Id = cached.Id });

        // Connections that are open would go on reading a file that was moved. The last to close leaves one file only.
        SqliteConnection.ClearAllPools();
        File.Move(server.DatabasePath, server.DatabasePath + ".away");

        ShouldBeUnavailable(await Refusal.OfAsync(server.Configs.ListActionConfigsAsync(new(), cancellationToken: Token)));
        ShouldBeUnavailable(await Refusal.OfAsync(server.Configs.GetActionConfigAsync(new() { Id = other.Id }, cancellationToken: Token)));
        ShouldBeUnavailable(await Refusal.OfAsync(server.Actions.Execute(new() { Id = other.Id }, cancellationToken: Token)));
        ShouldBeUnavailable(await Refusal.OfAsync(server.Actions.Execute(new() { Name = other.Name }, cancellationToken: Token)));
        (await server.ExecuteAsync(new() { Id = cached.Id }))[^1].Result.ShouldNotBeNull();
        (await server.ExecuteAsync(new() { Name = cached.Name }))[^1].Result.ShouldNotBeNull();
    }

    [Fact]
    public async Task FaultOfTheServerItself_IsInternalWithAnIdAndNothingOfItsCause()
    {
        await using var server = await RunningServer.StartAsync();
        var action = await server.CreateAsync(AnAction.Any());
        using (var other = Open(server))
        {
            using var write = other.CreateCommand();
            // No time that .NET knows.
            write.CommandText = "UPDATE actions SET create_time = 9223372036854775807";
            write.ExecuteNonQuery();
        }

        var refusal = await Refusal.OfAsync(server.Configs.GetActionConfigAsync(new() { Id = action.Id }, cancellationToken: Token));

        (refusal.Code, refusal.Reason).ShouldBe((StatusCode.Internal, "ERROR_REASON_INTERNAL"));
        refusal.Text.ShouldBe("The server failed; the cause is in its log.");
        var (key, errorId) = refusal.Metadata.ShouldHaveSingleItem();
        key.ShouldBe("error_id");
        server.Log.ShouldContain(line => line.Contains(errorId) && line.Contains(nameof(ArgumentOutOfRangeException)));
    }

    private static void ShouldBeUnavailable(Refusal refusal)
    {
        refusal.ShouldBe(StatusCode.Unavailable, "ERROR_REASON_STORE_UNAVAILABLE");
        refusal.RetryDelay.ShouldBe(TimeSpan.FromSeconds(1));
        // The driver's words and the file's place are for the log.
        refusal.Text.ShouldBe("The store of the actions can't be reached.");
    }

    private static SqliteConnection Open(RunningServer server)
    {
        var connection = new SqliteConnection($"Data Source={server.DatabasePath};Pooling=False");
        connection.Open();
        return connection;
    }
}
