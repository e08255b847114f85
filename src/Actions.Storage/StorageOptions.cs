using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Actions.Storage;

/// <summary>Where the actions are kept: the settings under <c>Storage</c>.</summary>
public sealed class StorageOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Storage";

    internal const string SqliteProvider = "sqlite";
    internal const string MongoDbProvider = "mongodb";

    /// <summary>The engine: <c>sqlite</c> (one file, nothing else to run) or <c>mongodb</c>.</summary>
    [Required(ErrorMessage = ProviderError)]
    [AllowedValues(SqliteProvider, MongoDbProvider, ErrorMessage = ProviderError)]
    public string Provider { get; set; } = SqliteProvider;

    /// <summary>What the engine <c>sqlite</c> needs to know.</summary>
    [ValidateObjectMembers]
    public SqliteOptions Sqlite { get; set; } = new();

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
    /// milliseconds, and short beside the patience of whoever saves an action.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ParseLimitsInInvariantCulture = true,
        ErrorMessage = "Storage:Sqlite:BusyTimeout must be from 00:00:00.1 to 00:01:00.")]
    public TimeSpan BusyTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
