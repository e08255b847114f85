using Microsoft.Extensions.Options;
using MongoDB.Driver;
using MongoDB.Driver.Core.Configuration;

namespace Actions.Storage.Mongo;

/// <summary>From the settings to the driver's client.</summary>
internal static class MongoConnection
{
    public const string ConnectionStringError =
        "Storage:MongoDb:ConnectionString must be a MongoDB connection string, such as "
        + "mongodb://host1:27017,host2:27017/?replicaSet=rs0. What it is now isn't told: it may hold a password. "
        + "(Storage:Provider is 'mongodb'.)";

    /// <summary>Looks at the text only: a name of the scheme <c>mongodb+srv</c> is looked up when the client is
    /// made.</summary>
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

    /// <summary>Makes no connection yet, but may ask the name service.</summary>
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
        // What was acknowledged is on most members and outlives an election; what is read was acknowledged.
        settings.WriteConcern = WriteConcern.WMajority;
        settings.ReadConcern = ReadConcern.Majority;
        // A secondary may be behind the change that the server is just told of: what it read there would stay.
        settings.ReadPreference = ReadPreference.Primary;
        settings.RetryWrites = settings.RetryReads = true;
        return new MongoClient(settings);

        // Times may be named with their unit.
        bool Says(string option) => text.GetOption(option) is not null || text.GetOption(option + "MS") is not null;
    }

    /// <summary>Where the client connects to, for people; never with credentials.</summary>
    public static string Describe(MongoClient client) => string.Join(',', client.Settings.Servers);

    /// <summary>A connection string is needed by the engine mongodb only.</summary>
    public sealed class Rules : IValidateOptions<StorageOptions>
    {
        public ValidateOptionsResult Validate(string? name, StorageOptions options) =>
            options.Provider != StorageOptions.MongoDbProvider || IsValid(options.MongoDb.ConnectionString)
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail(ConnectionStringError);
    }
}
