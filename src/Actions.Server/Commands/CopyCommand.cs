using System.CommandLine;
using Actions.Storage;
using Actions.Storage.Registration;
using Microsoft.Extensions.Options;

namespace Actions.Server.Commands;

/// <summary>
/// <c>copy</c>: copies the whole content of one store into another, with ids, etags, times and secrets unchanged, and
/// then compares the two. It may be interrupted and run again.
/// </summary>
internal static class CopyCommand
{
    private const string Sqlite = StorageOptions.SqliteProvider;
    private const string Mongo = StorageOptions.MongoDbProvider;

    public static Command Create()
    {
        const string Forms = "sqlite:PATH, mongodb://HOST/DATABASE?..., or sqlite or mongodb as configured.";
        var from = new Option<string>("--from") { Required = true, HelpName = "store", Description = "The source: " + Forms };
        var to = new Option<string>("--to") { Required = true, HelpName = "store", Description = "The target, in the same forms." };
        var command = new Command("copy", "Copies the whole content of one store into another, and compares the two.") { from, to };
        command.SetAction((parsed, _) => RunAsync(parsed.GetRequiredValue(from), parsed.GetRequiredValue(to)));
        return command;
    }

    private static async Task<int> RunAsync(string from, string to)
    {
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) => Cancel(pressed, stop);
        try
        {
            using var source = await OpenAsync(from, "--from", mustExist: true, stop.Token);
            using var target = await OpenAsync(to, "--to", mustExist: false, stop.Token);
            return await CopyAsync(
                source.Services.GetRequiredService<IStoreArchive>(),
                target.Services.GetRequiredService<IStoreArchive>(),
                source.Services.GetRequiredService<TimeProvider>(),
                stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await Console.Error.WriteLineAsync("\nStopped. The records copied so far are kept; the same command continues from there.");
            return 1;
        }
        catch (NameTakenException e)
        {
            await Console.Error.WriteLineAsync(
                $"\n{e.Message} Actions have exchanged names since the last copy: copy into an empty store.");
            return 1;
        }
        catch (StoreUnavailableException e)
        {
            await Console.Error.WriteLineAsync($"\n{e.InnerException!.Message} The copied records are kept; run it again to continue.");
            return 1;
        }
    }

    private static void Cancel(ConsoleCancelEventArgs pressed, CancellationTokenSource stop)
    {
        pressed.Cancel = true;
        stop.Cancel();
    }

    private static async Task<IHost> OpenAsync(string store, string argument, bool mustExist, CancellationToken cancellationToken)
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(SettingsOf(store, argument));
        builder.Services.AddActionStore(builder.Configuration);
        var host = builder.Build();
        try
        {
            host.Services.GetRequiredService<IStartupValidator>().Validate();
            var options = host.Services.GetRequiredService<IOptions<StorageOptions>>().Value;
            // SQLite would create an empty file, and there would be nothing to copy.
            if (mustExist && options.Provider == Sqlite && !File.Exists(options.Sqlite.Path))
                throw new UsageException($"{argument}: there is no file '{Path.GetFullPath(options.Sqlite.Path)}'.");
            await host.Services.GetRequiredService<IActionStore>().InitializeAsync(cancellationToken);
            return host;
        }
        catch (OptionsValidationException e)
        {
            host.Dispose();
            throw new UsageException($"{argument}: {string.Join(" ", e.Failures)}");
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    private static IEnumerable<KeyValuePair<string, string?>> SettingsOf(string store, string argument)
    {
        if (store is Sqlite or Mongo)
            return [new("Storage:Provider", store)];
        if (store.StartsWith(Sqlite + ":", StringComparison.Ordinal))
            return [new("Storage:Provider", Sqlite), new("Storage:Sqlite:Path", store[(Sqlite.Length + 1)..])];
        if (!store.StartsWith(Mongo + "://", StringComparison.Ordinal) && !store.StartsWith(Mongo + "+srv://", StringComparison.Ordinal))
            throw new UsageException($"{argument} must be sqlite:PATH, mongodb://HOST/DATABASE, sqlite or mongodb.");

        // The database is the path after the hosts. The connection string also uses it as the database of the
        // credentials.
        var path = store[(store.IndexOf("://", StringComparison.Ordinal) + 3)..].Split('?')[0].Split('/').ElementAtOrDefault(1);
        return
        [
            new("Storage:Provider", Mongo),
            new("Storage:MongoDb:ConnectionString", store),
            .. path is { Length: > 0 } database ? (KeyValuePair<string, string?>[])[new("Storage:MongoDb:Database", database)] : [],
        ];
    }

    private static async Task<int> CopyAsync(
        IStoreArchive source, IStoreArchive target, TimeProvider time, CancellationToken cancellationToken)
    {
        var copy = new StoreCopy(source, target);
        var total = await CountAsync(source, cancellationToken);
        var before = await copy.CompareAsync(Bar("Comparing", total, time), cancellationToken);
        if (before.Obstacles.Count > 0)
        {
            await Console.Error.WriteLineAsync(
                $"Nothing was copied: the target holds {before.Count(StoreDifference.Extra) - before.Count(StoreRecordKind.KeyRing, StoreDifference.Extra)} records that the source doesn't have, and "
                + $"{before.Count(StoreDifference.Conflict)} that were changed there. Copy into an empty store, or delete them there:");
            foreach (var obstacle in before.Obstacles)
                await Console.Error.WriteLineAsync($"  {obstacle}");
            return 1;
        }

        var todo = before.Count(StoreDifference.Missing) + before.Count(StoreDifference.Older);
        var written = await copy.CopyAsync(Bar("Copying  ", todo, time), cancellationToken);
        var after = await copy.CompareAsync(Bar("Verifying", total, time), cancellationToken);
        var (there, here) = (await CountAsync(target, cancellationToken), await CountAsync(source, cancellationToken));
        var same = after.Count(StoreDifference.None);
        there -= after.Count(StoreRecordKind.KeyRing, StoreDifference.Extra);
        if (same != here || same != there)
        {
            await Console.Error.WriteLineAsync(
                $"The stores differ: {same} records are the same, the source has {here}, the target {there}. A server or command writes to one "
                + "of them; stop it, and copy again.");
            return 1;
        }

        Console.WriteLine(
            $"Copied {written} records, {before.Count(StoreDifference.None)} were there. Both stores hold the same: "
            + $"{Counted(after, StoreRecordKind.Action)} actions, {Counted(after, StoreRecordKind.ApiKey)} API keys, "
            + $"{Counted(after, StoreRecordKind.KeyRing)} elements of the key ring.");
        return 0;
    }

    private static long Counted(StoreComparison comparison, StoreRecordKind kind) =>
        comparison.Count(kind, StoreDifference.None);

    private static async Task<long> CountAsync(IStoreArchive archive, CancellationToken cancellationToken)
    {
        var count = 0L;
        foreach (var kind in StoreCopy.Kinds)
            count += await archive.CountAsync(kind, cancellationToken);
        return count;
    }

    private static Action<long> Bar(string doing, long total, TimeProvider time) =>
        new ProgressBar(doing, total, time, Console.Error, isTerminal: !Console.IsErrorRedirected).Report;
}
