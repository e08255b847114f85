using Microsoft.Data.Sqlite;

namespace Actions.Storage.Sqlite;

/// <summary>
/// The tables of a file, and the migration of files of older releases. <c>PRAGMA user_version</c> is the number of
/// scripts run.
/// </summary>
/// <param name="applicationId">Identifies the file as ours, so that a wrong path never adds tables to another program's
/// database.</param>
/// <param name="migrations">Append only: existing files have run the released scripts.</param>
internal sealed class SqliteSchema(long applicationId, params string[] migrations)
{
    /// <summary>False: an acknowledged write survives a crash of the process only, and waits for no disk.</summary>
    public bool SurvivesPowerFailure { get; init; } = true;

    /// <summary>What the operator is told about an unusable file.</summary>
    public string Advice { get; init; } = "Look at Storage:Sqlite:Path.";

    /// <summary>Migrates the file to this version's schema; does nothing when it is up to date.</summary>
    /// <exception cref="InvalidDataException">The file belongs to another program or a newer version.</exception>
    public void Migrate(SqliteConnection connection)
    {
        // The lock is taken before the version is read: another process may be migrating the same file.
        using var transaction = connection.BeginTransaction(deferred: false);
        var version = ReadNumber(connection, "PRAGMA user_version");
        RefuseForeign(connection, version);
        if (version == migrations.Length)
            return;
        for (var next = (int)version; next < migrations.Length; next++)
            connection.Execute(migrations[next]);
        connection.Execute($"PRAGMA application_id = {applicationId}; PRAGMA user_version = {migrations.Length}");
        transaction.Commit();
    }

    private void RefuseForeign(SqliteConnection connection, long version)
    {
        var isNew = version == 0 && ReadNumber(connection, "SELECT count(*) FROM sqlite_schema") == 0;
        if (!isNew && ReadNumber(connection, "PRAGMA application_id") != applicationId)
            throw new InvalidDataException("is the database of some other program");
        if (version > migrations.Length)
        {
            throw new InvalidDataException(
                $"has format {version}, written by a newer release; this one knows formats up to {migrations.Length}");
        }
    }

    private static long ReadNumber(SqliteConnection connection, string sql)
    {
        using var command = connection.Command(sql);
        return (long)command.ExecuteScalar()!;
    }
}
