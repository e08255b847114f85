using Actions.Server.Lifecycle;
using Actions.Server.Store;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Actions.Storage.Tests;

/// <summary>The store as the server uses it, with its decorators, for the acceptance suites of the stores.</summary>
internal sealed class StoreHost : IDisposable
{
    private readonly ServiceProvider _services;

    public StoreHost(IReadOnlyDictionary<string, string?> settings, TimeProvider clock)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        _services = new ServiceCollection()
            .AddSingleton(clock)
            .AddSingleton<ServingStatus>()
            // Long beside what a loaded machine takes: the time-out has tests of its own.
            .AddSingleton(Options.Create(new Server.Configuration.ServerOptions { StoreTimeout = TimeSpan.FromSeconds(30) }))
            .AddStore(configuration)
            .BuildServiceProvider();
        Store = _services.GetRequiredService<IActionStore>();
        Keys = _services.GetRequiredService<IApiKeyStore>();
        Store.ShouldBeOfType<TimedActionStore>();
        Keys.ShouldBeOfType<TimedApiKeyStore>();
    }

    public IActionStore Store { get; }

    public IApiKeyStore Keys { get; }

    public static Dictionary<string, string?> SqliteAt(string path) => new()
    {
        ["Storage:Provider"] = "sqlite",
        ["Storage:Sqlite:Path"] = path,
        ["Storage:Sqlite:BusyTimeout"] = "00:00:30",
    };

    public void Dispose() => _services.Dispose();
}
