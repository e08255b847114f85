using Actions.Engine;
using Actions.Server.Catalog;
using Actions.Server.Configuration;
using Actions.Server.Secrets;
using Actions.Server.Telemetry;
using Actions.Storage;
using Actions.Storage.Decorators;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Actions.Server.Tests.Execution;

/// <summary>One hot action more than the cache holds: single actions are evicted, not all of them.</summary>
public sealed class CacheLimitTests
{
    private const int Limit = 10_000;
    private const int Rounds = 5;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OneActionMoreThanTheLimit_IsSeldomReadFromTheStore()
    {
        await using var server = await RunningServer.StartAsync(new() { ["Readiness:CheckInterval"] = "00:05:00" });
        var ids = await StoreActionsAsync(server, Limit + 1);
        var reads = 0;
        // The limit asks before each operation whether the store is available.
        var counted = new LimitedActionStore(
            server.Services.GetRequiredService<IActionStore>(),
            new StoreLimit(TimeSpan.FromMinutes(1), () => Interlocked.Increment(ref reads) > 0, TimeProvider.System));
        var catalog = new ActionCatalog(
            new EncryptedActionStore(counted),
            new PlanCache(Options.Create(new ServerOptions { MaxCachedActions = Limit })),
            server.Services.GetRequiredService<SecretVault>(),
            server.Services.GetRequiredService<ActionCompiler>(),
            server.Services.GetRequiredService<CatalogMetrics>());

        var began = TimeProvider.System.GetTimestamp();
        foreach (var id in ids)
            (await catalog.GetAsync("default", id, Token)).Id.ShouldBe(id);
        var load = TimeProvider.System.GetElapsedTime(began) / ids.Count;
        reads.ShouldBe(ids.Count);
        for (var round = 0; round < Rounds; round++)
            foreach (var id in ids)
                (await catalog.GetAsync("default", id, Token)).Id.ShouldBe(id);

        reads -= ids.Count;
        TestContext.Current.TestOutputHelper!.WriteLine($"{reads} reads of the store in {Rounds} rounds of {ids.Count} actions; {load.TotalMicroseconds:0} µs per load");
        // LRU would read each of them in every round.
        reads.ShouldBeLessThan(Rounds * ids.Count / 20);
    }

    private static async Task<IReadOnlyList<string>> StoreActionsAsync(RunningServer server, int count)
    {
        var archive = server.Services.GetRequiredService<IStoreArchive>();
        var now = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow());
        var records = Enumerable.Range(0, count).Select(i =>
        {
            var action = AnAction.Any();
            (action.Id, action.Name, action.Etag) = ($"{i:x32}", $"action {i}", $"{i:x16}");
            (action.CreateTime, action.UpdateTime) = (now, now);
            return new ActionRecord("default", action);
        }).ToList();
        foreach (var page in records.Chunk(1_000))
            await archive.PutAsync(page, Token);
        return [.. records.Select(record => record.Config.Id)];
    }
}
