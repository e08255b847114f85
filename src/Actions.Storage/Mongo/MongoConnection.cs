using Microsoft.Extensions.Options;
using MongoDB.Driver;
using MongoDB.Driver.Core.Configuration;

namespace Actions.Storage.Mongo;

/// <summary>Creates the driver's client from the settings.</summary>
internal static class MongoConnection
{
    public const string ConnectionStringError =
        "Storage:MongoDb:ConnectionString must be a MongoDB connection string, such as "
        + "mongodb://host1:27017,host2:27017/?replicaSet=rs0. The current value isn't shown: it may hold a password. "
        + "(Storage:Provider is 'mongodb'.)";

    /// <summary>Checks the text only: a host of the scheme <c>mongodb+srv</c> is resolved when the client is
    /// created.</summary>
    public static bool IsValid(string connectionString)
    {
        try
        {
            return connectionString.Length > 0 && new ConnectionString(connectionString).ToString().Length > 0;
        }
        catch (Exception e) when (e is MongoConfigurationException or ArgumentException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Opens no connection yet, but may query DNS.</summary>
    public static MongoClient Open(MongoDbOptions options)
    {
        var text = new ConnectionString(options.ConnectionString);
        var settings = MongoClientSettings.FromConnectionString(options.ConnectionString);
        settings.ApplicationName ??= "Actions.Grpc";
        if (!Says("serverSelectionTimeout"))
            settings.ServerSelectionTimeout = options.ServerSelectionTimeout;
        if (!Says("connectTimeout"))
            settings.ConnectTimeout = options.ServerSelectionTimeout;
        if (!Says("waitQueueTimeout"))
            settings.WaitQueueTimeout = options.OperationTimeout;
        if (!Says("maxPoolSize"))
            settings.MaxConnectionPoolSize = options.MaxPoolSize;
        if (!Says("minPoolSize"))
            settings.MinConnectionPoolSize = Math.Min(options.MinPoolSize, settings.MaxConnectionPoolSize);
        // Acknowledged writes are on a majority of members and survive an election; only such writes are read.
        settings.WriteConcern = WriteConcern.WMajority;
        settings.ReadConcern = ReadConcern.Majority;
        // A secondary may lag behind a change event: the cache would keep the outdated version read from it.
        settings.ReadPreference = ReadPreference.Primary;
        settings.RetryWrites = settings.RetryReads = true;
        return new MongoClient(settings);

        // The names of time options may end with their unit.
        bool Says(string option) => text.GetOption(option) is not null || text.GetOption(option + "MS") is not null;
    }

    /// <summary>The server addresses for messages, without credentials.</summary>
    public static string Describe(MongoClient client) => string.Join(',', client.Settings.Servers);

    /// <summary>Only the engine mongodb needs a connection string.</summary>
    public sealed class Rules : IValidateOptions<StorageOptions>
    {
        public ValidateOptionsResult Validate(string? name, StorageOptions options) =>
            options.Provider != StorageOptions.MongoDbProvider || IsValid(options.MongoDb.ConnectionString)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(ConnectionStringError);
    }
}
