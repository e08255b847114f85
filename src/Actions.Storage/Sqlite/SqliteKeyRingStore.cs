namespace Actions.Storage.Sqlite;

/// <summary>Stores the key ring in the same file as the actions: a copy of the file contains both.</summary>
internal sealed class SqliteKeyRingStore(SqliteDatabase database) : IKeyRingStore
{
    public Task<IReadOnlyList<KeyRingElement>> ReadAllAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<KeyRingElement>>(
            connection =>
            {
                using var command = connection.Command("SELECT name, content, key_encryption_key FROM key_ring ORDER BY name");
                using var row = command.ExecuteReader();
                var elements = new List<KeyRingElement>();
                while (row.Read())
                    elements.Add(new KeyRingElement(row.GetString(0), row.GetString(1), row.GetString(2)));
                return elements;
            },
            cancellationToken);

    public Task<bool> AddAsync(KeyRingElement element, CancellationToken cancellationToken) =>
        database.WriteAsync(
            connection => connection.Execute(
                """
                INSERT INTO key_ring (name, content, key_encryption_key) VALUES ($name, $content, $key)
                ON CONFLICT DO NOTHING
                """,
                ("$name", element.Name), ("$content", element.Content), ("$key", element.KeyEncryptionKeyId)) == 1,
            cancellationToken);

    public Task<bool> ReplaceAsync(
        KeyRingElement expected, KeyRingElement replacement, CancellationToken cancellationToken)
    {
        if (replacement.Name != expected.Name)
            throw new ArgumentException("Must have the name of the element that it replaces.", nameof(replacement));
        return database.WriteAsync(
            connection => connection.Execute(
                // Overwrites deleted content: an unencrypted key must not remain in free pages of the file.
                """
                PRAGMA secure_delete = ON;
                UPDATE key_ring SET content = $content, key_encryption_key = $key
                WHERE name = $name AND content = $expected_content AND key_encryption_key = $expected_key
                """,
                ("$name", expected.Name), ("$content", replacement.Content), ("$key", replacement.KeyEncryptionKeyId),
                ("$expected_content", expected.Content), ("$expected_key", expected.KeyEncryptionKeyId)) == 1,
            cancellationToken);
    }
}
