using Actions.Storage;
using Actions.V1;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Server.Tests.History;

/// <summary>Executions of other days and of many: into the server's store, as its own come there.</summary>
internal static class Seed
{
    public static async Task Async(RunningServer server, IEnumerable<ExecutionRecord> records)
    {
        var store = server.Services.GetRequiredService<IHistoryStore>();
        await store.InitializeAsync(TimeSpan.FromDays(3_650), TestContext.Current.CancellationToken);
        await store.AppendAsync(
            [.. records.Select(record => new HistoryEntry("default", record.Clone(), Content: null))],
            TestContext.Current.CancellationToken);
    }
}
