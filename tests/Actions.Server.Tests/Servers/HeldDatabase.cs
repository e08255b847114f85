using Microsoft.Data.Sqlite;

namespace Actions.Server.Tests.Servers;

/// <summary>A database file that another process has locked: SQLite waits until its busy time-out passes.</summary>
internal static class HeldDatabase
{
    /// <summary>Keeps every other connection from the file until it is disposed.</summary>
    public static async Task<SqliteConnection> HoldAsync(string database)
    {
        var connection = new SqliteConnection($"Data Source={database};Pooling=False;Default Timeout=1");
        await Eventually.TrueAsync(() =>
        {
            // An open connection shares the lock; the server's background jobs open one every second.
            SqliteConnection.ClearAllPools();
            try
            {
                connection.Open();
                using var hold = connection.CreateCommand();
                hold.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT";
                hold.ExecuteNonQuery();
                return Task.FromResult(true);
            }
            catch (SqliteException)
            {
                connection.Close();
                return Task.FromResult(false);
            }
        });
        return connection;
    }
}
