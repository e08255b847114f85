using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Actions.Storage;

/// <summary>Where the actions are kept: the settings under <c>Storage</c>.</summary>
public sealed class StorageOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Storage";

    /// <summary>One file.</summary>
    public const string SqliteProvider = "sqlite";

    /// <summary>A database on the network.</summary>
    public const string MongoDbProvider = "mongodb";

    /// <summary>The engine: <c>sqlite</c> (one file, nothing else to run) or <c>mongodb</c>.</summary>
    [Required(ErrorMessage = ProviderError)]
    [AllowedValues(SqliteProvider, MongoDbProvider, ErrorMessage = ProviderError)]
    public string Provider { get; set; } = SqliteProvider;

    /// <summary>What the engine <c>sqlite</c> needs to know.</summary>
    [ValidateObjectMembers]
    public SqliteOptions Sqlite { get; set; } = new();

    /// <summary>What the engine <c>mongodb</c> needs to know.</summary>
    [ValidateObjectMembers]
    public MongoDbOptions MongoDb { get; set; } = new();

    private const string ProviderError = "Storage:Provider must be 'sqlite' or 'mongodb'.";
}

/// <summary>The settings under <c>Storage:Sqlite</c>.</summary>
public sealed class SqliteOptions
{
    /// <summary>
    /// The database file, relative to the working directory. It and its directory are created, readable by their owner
    /// only; SQLite keeps two more files beside it (<c>-wal</c>, <c>-shm</c>).
    /// </summary>
    [Required(ErrorMessage = "Storage:Sqlite:Path must name a file.")]
    public string Path { get; set; } = "data/actions.db";

    /// <summary>
    /// How long a write waits for its turn behind others, and then for another process that holds the file, before the
    /// caller is told that the store is unavailable. 100 ms to 60 s. The default is long beside a write, which takes
    /// milliseconds, and short for a person who saves an action.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true,
        ErrorMessage = "Storage:Sqlite:BusyTimeout must be from 00:00:00.1 to 00:01:00.")]
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);
}

/// <summary>The settings under <c>Storage:MongoDb</c>.</summary>
public sealed class MongoDbOptions
{
    /// <summary>
    /// The whole connection string (<c>mongodb://…</c> or <c>mongodb+srv://…</c>), with hosts, replica set, credentials
    /// and
    /// TLS. What it says of time-outs and pools goes before the settings here; what it says of read preference, read
    /// and write
    /// concern doesn't: the primary is read, and majorities acknowledge. It may hold a password and is never told.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The database. 1 to 63 letters, digits, <c>-</c> and <c>_</c>.</summary>
    [RegularExpression("^[A-Za-z0-9_-]{1,63}$", ErrorMessage = "Storage:MongoDb:Database must be 1 to 63 letters, digits, '-' and '_'.")]
    public string Database { get; set; } = "actions";

    /// <summary>
    /// How long to look for a server that can serve, as when a replica set elects a new primary. 100 ms to 30 s. The
    /// driver's own default, 30 s, is longer than anybody stays on the phone.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30", ParseLimitsInInvariantCulture = true,
        ErrorMessage = "Storage:MongoDb:ServerSelectionTimeout must be from 00:00:00.1 to 00:00:30.")]
    public TimeSpan ServerSelectionTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How long one operation may take, all in all, before the caller is told that the store is unavailable. 100 ms to
    /// 60 s. Operations take milliseconds; the default leaves room for one search of a server and a retry.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true,
        ErrorMessage = "Storage:MongoDb:OperationTimeout must be from 00:00:00.1 to 00:01:00.")]
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Connections to one member at most. 1 to 10,000; the driver's own default.</summary>
    [Range(1, 10_000, ErrorMessage = "Storage:MongoDb:MaxPoolSize must be from 1 to 10000.")]
    public int MaxPoolSize { get; set; } = 100;

    /// <summary>Connections to one member that are kept open. 0 to 10,000; the driver's own default.</summary>
    [Range(0, 10_000, ErrorMessage = "Storage:MongoDb:MinPoolSize must be from 0 to 10000.")]
    public int MinPoolSize { get; set; }
}
