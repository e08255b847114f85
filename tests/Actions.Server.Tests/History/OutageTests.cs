using Actions.Server.Tests.Servers;
using Actions.Server.Tests.Telemetry;
using Actions.V1;
using Grpc.Core;

namespace Actions.Server.Tests.History;

/// <summary>Executions neither fail nor wait for the history's database.</summary>
[Collection(nameof(AloneOnTheMachine))]
public sealed class OutageTests
{
    private static readonly string[] Suffixes = ["", "-wal", "-shm"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LockedDatabase_DelaysNoExecutionAndDropsWhatHasNoRoom()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync(new()
        {
            ["History:QueueSize"] = "3",
            // A write waits for the lock longer than all executions together may take.
            ["Storage:Sqlite:BusyTimeout"] = "00:00:02",
        });
        var (records, stored) = (new Records(server), await server.CreateAsync(AnAction.Calling(upstream.Url)));
        await server.ExecuteAsync(new() { Id = stored.Id });
        await records.ListAsync(1);
        using var measured = new Measured(server);

        await using (await HeldDatabase.HoldAsync(FileOf(server)))
        {
            for (var i = 0; i < 30; i++)
                (await server.ExecuteAsync(new() { Id = stored.Id }))[^1].Result.ShouldNotBeNull();

            // One batch is being written, three wait; a batch may have been taken in between.
            measured.Count("actions.history.dropped").ShouldBeInRange(10, 27);
            await Eventually.TrueAsync(() => Task.FromResult(measured.Count("actions.history.failures") > 0));
            var refusal = await Refusal.OfAsync(records.Client.ListExecutionsAsync(new(), cancellationToken: Token));
            refusal.ShouldBe(StatusCode.Unavailable, "ERROR_REASON_STORE_UNAVAILABLE");
            refusal.RetryDelay.ShouldNotBeNull();
        }

        var dropped = measured.Count("actions.history.dropped");
        await records.ListAsync(31 - dropped);
        server.Log.Count(line => line.Contains("The history's database is unavailable", StringComparison.Ordinal))
            .ShouldBe(1);
    }

    [Fact]
    public async Task DeletedDatabase_IsMadeAnew()
    {
        await using var upstream = RawUpstream.Answering(RawUpstream.Response("{}"));
        await using var server = await RunningServer.StartAsync();
        var (records, stored) = (new Records(server), await server.CreateAsync(AnAction.Calling(upstream.Url)));
        await server.ExecuteAsync(new() { Id = stored.Id });
        await records.ListAsync(1);

        foreach (var suffix in Suffixes)
            File.Delete(FileOf(server) + suffix);
        (await server.ExecuteAsync(new() { Id = stored.Id, CallId = "after" }))[^1].Result.ShouldNotBeNull();

        await Eventually.TrueAsync(() => Task.FromResult(File.Exists(FileOf(server))));
        (await records.ListAsync(1))[0].CallId.ShouldBe("after");
    }

    private static string FileOf(RunningServer server) =>
        server.DatabasePath.Replace(".db", "-history.db", StringComparison.Ordinal);
}
