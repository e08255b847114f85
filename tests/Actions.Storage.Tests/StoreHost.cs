using System.Collections.Concurrent;
using Actions.Storage.Decorators;
using Actions.Storage.Registration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Actions.Storage.Tests;

/// <summary>A store as the server gets it: from settings, through the container, decorated if asked for.</summary>
internal sealed class StoreHost : IDisposable
{
    private readonly ServiceProvider _services;
    private readonly ConcurrentQueue<ActionKey> _writtenActions = new();
    private readonly ConcurrentQueue<string> _writtenKeys = new();

    public StoreHost(IReadOnlyDictionary<string, string?> settings, TimeProvider clock, bool isDecorated = false)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        _services = new ServiceCollection()
            .AddSingleton(clock)
            .AddActionStore(configuration)
            .BuildServiceProvider();
        Store = _services.GetRequiredService<IActionStore>();
        Keys = _services.GetRequiredService<IApiKeyStore>();
        KeyRing = _services.GetRequiredService<IKeyRingStore>();
        Calls = _services.GetRequiredService<ICallStore>();
        History = _services.GetRequiredService<IHistoryStore>();
        Archive = _services.GetRequiredService<IStoreArchive>();
        if (!isDecorated)
            return;
        var limit = new StoreLimit(TimeSpan.FromMinutes(1), () => true, TimeProvider.System);
        Store = new LimitedActionStore(new NotifyingActionStore(Store, _writtenActions.Enqueue), limit);
        Keys = new LimitedApiKeyStore(new NotifyingApiKeyStore(Keys, _writtenKeys.Enqueue), limit);
        Calls = new LimitedCallStore(Calls, limit);
    }

    /// <summary>What a decorated store has reported.</summary>
    public IReadOnlyCollection<ActionKey> WrittenActions => _writtenActions;

    /// <inheritdoc cref="WrittenActions" />
    public IReadOnlyCollection<string> WrittenKeys => _writtenKeys;

    public IActionStore Store { get; }

    public IApiKeyStore Keys { get; }

    public IKeyRingStore KeyRing { get; }

    public ICallStore Calls { get; }

    public IHistoryStore History { get; }

    public IStoreArchive Archive { get; }

    public static Dictionary<string, string?> SqliteAt(string path, string busyTimeout = "00:00:30") => new()
    {
        ["Storage:Provider"] = "sqlite",
        ["Storage:Sqlite:Path"] = path,
        ["Storage:Sqlite:BusyTimeout"] = busyTimeout,
    };

    /// <summary>Returns when the store can be used again.</summary>
    /// <param name="succeeds">What shows it. Null: the check.</param>
    public static async Task ReadyAsync(
        StoreHost host, TimeSpan patience, CancellationToken cancellationToken, Func<Task>? succeeds = null)
    {
        succeeds ??= () => host.Store.CheckAsync(cancellationToken);
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await succeeds();
                return;
            }
            catch (StoreUnavailableException) when (TimeProvider.System.GetElapsedTime(began) < patience)
            {
                await Task.Yield();
            }
        }
    }

    public void Dispose() => _services.Dispose();
}
