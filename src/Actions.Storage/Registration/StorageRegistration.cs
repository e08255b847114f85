using Actions.Storage.Mongo;
using Actions.Storage.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Actions.Storage.Registration;

/// <summary>Registers the store in the container.</summary>
public static class StorageRegistration
{
    /// <summary>
    /// Registers <see cref="IActionStore"/>, <see cref="IApiKeyStore"/>, <see cref="IKeyRingStore"/>,
    /// <see cref="ICallStore"/> and <see cref="IStoreArchive"/>. All use the engine
    /// and database of <see cref="StorageOptions"/>, validated when the host starts. The clock is the registered <see cref="TimeProvider"/>, or the system's. The host has to
    /// call <see cref="IActionStore.InitializeAsync"/> before it serves, and <see cref="ICallStore.InitializeAsync"/>
    /// before it uses calls.
    /// </summary>
    /// <param name="configuration">The whole configuration; its section <c>Storage</c> is read.</param>
    public static IServiceCollection AddActionStore(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<StorageOptions>()
            .Bind(configuration.GetSection(StorageOptions.Section))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider =>
        {
            var sqlite = provider.GetRequiredService<IOptions<StorageOptions>>().Value.Sqlite;
            return new SqliteDatabase(sqlite.Path, sqlite.BusyTimeout, SqliteActionSchema.Schema);
        });
        services.AddKeyedSingleton(SqliteCallStore.File, (provider, _) =>
        {
            var sqlite = provider.GetRequiredService<IOptions<StorageOptions>>().Value.Sqlite;
            return new SqliteDatabase(
                sqlite.PathBeside(SqliteCallStore.File), sqlite.BusyTimeout, SqliteCallSchema.Schema);
        });
        services.AddSingleton<SqliteActionStore>();
        services.AddSingleton<SqliteApiKeyStore>();
        services.AddSingleton<SqliteKeyRingStore>();
        services.AddSingleton<SqliteCallStore>();
        services.AddSingleton<SqliteArchive>();
        services.AddKeyedSingleton(SqliteHistoryStore.File, (provider, _) =>
        {
            var sqlite = provider.GetRequiredService<IOptions<StorageOptions>>().Value.Sqlite;
            return new SqliteDatabase(
                sqlite.PathBeside(SqliteHistoryStore.File), sqlite.BusyTimeout, SqliteHistorySchema.Schema);
        });
        services.AddSingleton<SqliteHistoryStore>();
        // Only this method knows the available engines.
        services.AddMongo();
        services.AddEngine<IActionStore, SqliteActionStore, MongoActionStore>();
        services.AddEngine<IApiKeyStore, SqliteApiKeyStore, MongoApiKeyStore>();
        services.AddEngine<IKeyRingStore, SqliteKeyRingStore, MongoKeyRingStore>();
        services.AddEngine<ICallStore, SqliteCallStore, MongoCallStore>();
        services.AddEngine<IHistoryStore, SqliteHistoryStore, MongoHistoryStore>();
        services.AddEngine<IStoreArchive, SqliteArchive, MongoArchive>();
        return services;
    }

    /// <summary>Creates only the configured engine of the two.</summary>
    private static void AddEngine<TPort, TSqlite, TMongo>(this IServiceCollection services)
        where TPort : class
        where TSqlite : TPort
        where TMongo : TPort =>
        services.AddSingleton<TPort>(provider =>
            provider.GetRequiredService<IOptions<StorageOptions>>().Value.Provider == StorageOptions.MongoDbProvider
                ? provider.GetRequiredService<TMongo>()
                : provider.GetRequiredService<TSqlite>());
}
