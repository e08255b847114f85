using Actions.Storage.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Actions.Storage;

/// <summary>Puts the store into the container.</summary>
public static class StorageRegistration
{
    // The only place that knows which engines this build has.
    private const string MongoDbError =
#if PARTIAL_FEED
        "Storage:Provider is 'mongodb', but this build was made without the MongoDB driver, on a package feed that "
        + "lacks it. Set Storage:Provider to 'sqlite', or build on a feed that has it.";
#else
        "Storage:Provider is 'mongodb', but the MongoDB engine is not part of this version yet; it comes with a later "
        + "release. Set Storage:Provider to 'sqlite'.";
#endif

    /// <summary>
    /// Registers <see cref="IActionStore"/>, <see cref="IApiKeyStore"/> and <see cref="IKeyRingStore"/>, which share one
    /// place, as <see cref="StorageOptions"/> say, checked when the host starts. The clock is the registered
    /// <see cref="TimeProvider"/>, or the system's. The host has to call
    /// <see cref="IActionStore.InitializeAsync"/> before it serves.
    /// </summary>
    /// <param name="services">The container.</param>
    /// <param name="configuration">The whole configuration; read is its section <c>Storage</c>.</param>
    public static IServiceCollection AddActionStore(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<StorageOptions>()
            .Bind(configuration.GetSection(StorageOptions.Section))
            .ValidateDataAnnotations()
            .Validate(options => options.Provider != StorageOptions.MongoDbProvider, MongoDbError)
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            var sqlite = provider.GetRequiredService<IOptions<StorageOptions>>().Value.Sqlite;
            return new SqliteDatabase(sqlite.Path, sqlite.BusyTimeout);
        });
        services.AddSingleton<IActionStore, SqliteActionStore>();
        services.AddSingleton<IApiKeyStore, SqliteApiKeyStore>();
        services.AddSingleton<IKeyRingStore, SqliteKeyRingStore>();
        return services;
    }
}
