using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Actions.Storage;

/// <summary>The store of the actions: the settings under <c>Storage</c>.</summary>
public sealed class StorageOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Storage";

    /// <summary>SQLite: one file.</summary>
    public const string SqliteProvider = "sqlite";

    /// <summary>MongoDB: a database on the network.</summary>
    public const string MongoDbProvider = "mongodb";

    /// <summary>The engine: <c>sqlite</c> (one file, nothing else to run) or <c>mongodb</c>.</summary>
    [Required(ErrorMessage = ProviderError)]
    [AllowedValues(SqliteProvider, MongoDbProvider, ErrorMessage = ProviderError)]
    public string Provider { get; set; } = SqliteProvider;

    /// <summary>Settings of the engine <c>sqlite</c>.</summary>
    [ValidateObjectMembers]
    public SqliteOptions Sqlite { get; set; } = new();

    /// <summary>Settings of the engine <c>mongodb</c>.</summary>
    [ValidateObjectMembers]
    public MongoDbOptions MongoDb { get; set; } = new();

    private const string ProviderError = "Storage:Provider must be 'sqlite' or 'mongodb'.";
}

/// <summary>The settings under <c>Storage:Sqlite</c>.</summary>
public sealed class SqliteOptions
{
    /// <summary>
    /// The database file, relative to the working directory. The server creates the file and its directory, readable by
    /// their owner only. SQLite keeps two more files beside it (<c>-wal</c>, <c>-shm</c>). Calls have a file
    /// of their own there (<c>actions-calls.db</c>).
    /// </summary>
    [Required(ErrorMessage = "Storage:Sqlite:Path must name a file.")]
    public string Path { get; set; } = "data/actions.db";

    /// <summary>
    /// How long a write waits for earlier writes, and then for another process that has locked the file, before the
    /// client gets UNAVAILABLE. 100 ms to 60 s. The default is long compared to a write, which takes milliseconds, and
    /// short for a person who saves an action.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true,
        ErrorMessage = "Storage:Sqlite:BusyTimeout must be from 00:00:00.1 to 00:01:00.")]
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A file of its own for records of one kind, beside <see cref="Path"/>.</summary>
    /// <returns>For <c>calls</c> and <c>data/actions.db</c>: <c>data/actions-calls.db</c>.</returns>
    public string PathBeside(string kind) => System.IO.Path.Combine(
        System.IO.Path.GetDirectoryName(Path) ?? "",
        $"{System.IO.Path.GetFileNameWithoutExtension(Path)}-{kind}{System.IO.Path.GetExtension(Path)}");
}

/// <summary>The settings under <c>Storage:MongoDb</c>.</summary>
public sealed class MongoDbOptions
{
    /// <summary>
    /// The whole connection string (<c>mongodb://…</c> or <c>mongodb+srv://…</c>), with hosts, replica set, credentials
    /// and TLS. Its time-outs and pool sizes override the settings here. Its read preference, read concern and write
    /// concern are ignored: reads go to the primary, and read and write concern are majority. It may hold a password
    /// and is never logged.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The database. 1 to 63 letters, digits, <c>-</c> and <c>_</c>.</summary>
    [RegularExpression("^[A-Za-z0-9_-]{1,63}$", ErrorMessage = "Storage:MongoDb:Database must be 1 to 63 letters, digits, '-' and '_'.")]
    public string Database { get; set; } = "actions";

    /// <summary>
    /// How long to search for a usable server, e.g. while a replica set elects a new primary. 100 ms to 30 s. The
    /// driver's default of 30 s is too long for a phone call.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30", ParseLimitsInInvariantCulture = true,
        ErrorMessage = "Storage:MongoDb:ServerSelectionTimeout must be from 00:00:00.1 to 00:00:30.")]
    public TimeSpan ServerSelectionTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Time limit of one operation, retries included, before the client gets UNAVAILABLE. 100 ms to 60 s. Operations
    /// take milliseconds; the default allows for one server selection and one retry.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true,
        ErrorMessage = "Storage:MongoDb:OperationTimeout must be from 00:00:00.1 to 00:01:00.")]
    public TimeSpan OperationTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Maximum number of connections to one member. 1 to 10,000. The default is the driver's.</summary>
    [Range(1, 10_000, ErrorMessage = "Storage:MongoDb:MaxPoolSize must be from 1 to 10000.")]
    public int MaxPoolSize { get; set; } = 100;

    /// <summary>Connections to one member that are kept open. 0 to 10,000. The default is the driver's.</summary>
    [Range(0, 10_000, ErrorMessage = "Storage:MongoDb:MinPoolSize must be from 0 to 10000.")]
    public int MinPoolSize { get; set; }
}
