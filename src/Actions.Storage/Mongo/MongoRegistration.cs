using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Actions.Storage.Mongo;

/// <summary>Registers the engine <c>mongodb</c> in the container.</summary>
internal static class MongoRegistration
{
    public static void AddMongo(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<StorageOptions>, MongoConnection.Rules>();
        services.AddSingleton<MongoDatabase>();
        services.AddSingleton<MongoChanges>();
        services.AddSingleton<MongoActionStore>();
        services.AddSingleton<MongoApiKeyStore>();
        services.AddSingleton<MongoKeyRingStore>();
        services.AddSingleton<MongoCallStore>();
        services.AddSingleton<MongoHistoryStore>();
        services.AddSingleton<MongoArchive>();
    }
}
