using Actions.Server.Secrets;
using Actions.V1;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace Actions.Server.Tests.Secrets;

/// <summary>A database file as somebody sees it who has the file and no keys: the key ring and the actions.</summary>
internal static class DatabaseFile
{
    public static IReadOnlyList<(string Name, string Content, string KeyId)> KeyRing(string database)
    {
        using var connection = Open(database);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT name, content, key_encryption_key FROM key_ring ORDER BY name";
        using var row = command.ExecuteReader();
        var elements = new List<(string, string, string)>();
        while (row.Read())
            elements.Add((row.GetString(0), row.GetString(1), row.GetString(2)));
        return elements;
    }

    /// <returns>How many rows were written.</returns>
    public static int Run(string database, string sql)
    {
        using var connection = Open(database);
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteNonQuery();
    }

    /// <summary>An action as it is stored, secrets encrypted.</summary>
    public static ActionConfig Action(string database, string id)
    {
        using var connection = Open(database);
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT config FROM actions WHERE id = $id";
        command.Parameters.AddWithValue("$id", id);
        return ActionConfig.Parser.ParseFrom((byte[])command.ExecuteScalar()!);
    }

    public static void Write(string database, ActionConfig action)
    {
        using var connection = Open(database);
        using var command = connection.CreateCommand();
        command.CommandText = "UPDATE actions SET config = $config WHERE id = $id";
        command.Parameters.AddWithValue("$id", action.Id);
        command.Parameters.AddWithValue("$config", action.ToByteArray());
        command.ExecuteNonQuery().ShouldBe(1);
    }

    private static SqliteConnection Open(string database)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = database, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}
