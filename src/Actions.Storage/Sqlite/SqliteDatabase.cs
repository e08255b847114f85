using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Actions.Storage.Sqlite;

/// <summary>The file: created for its owner only, opened durable, read by many, written by one at a time.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyDirectory = OwnerOnlyFile | UnixFileMode.UserExecute;

    private readonly string _path;
    private readonly TimeSpan _busyTimeout;
    private readonly string _connectionString;

    // FULL: an acknowledged write survives a power cut; in WAL mode NORMAL would survive only a crash of the process.
    // fullfsync is the same thing for macOS, whose fsync stops at the disk's cache.
    private readonly string _openingPragmas;

    // SQLite keeps the thread that calls it, for as long as the busy time-out when another process holds the file.
    // These
    // are threads of their own, so that the pool's, which every time-out needs, stay free. Above what a machine's cores
    // read at once, and few enough to keep when all of them hang.
    private const int MaxThreads = 32;
    private readonly SemaphoreSlim _threads = new(MaxThreads);

    // SQLite's own waiting for the one writer is polling, and unfair. Here writers of this process queue instead.
    private readonly SemaphoreSlim _writersTurn = new(1);

    public SqliteDatabase(string path, TimeSpan busyTimeout)
    {
        _path = Path.GetFullPath(path);
        _busyTimeout = busyTimeout;
        _openingPragmas =
            $"PRAGMA busy_timeout = {(int)busyTimeout.TotalMilliseconds};"
            + "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON";
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            // Never creates: a file that vanished is an error to report, not an empty store to serve.
            Mode = SqliteOpenMode.ReadWrite,
            ForeignKeys = true,
            // In seconds, how long the driver itself repeats what is busy; 1 is its least. SQLite's busy_timeout,
            // which is finer, has run out before.
            DefaultTimeout = 1,
        }.ToString();
    }

    public async Task InitializeAsync(CancellationToken cancellationToken)
    {
        await _writersTurn.WaitAsync(cancellationToken);
        try
        {
            Guarded(() =>
            {
                CreateFile();
                using var connection = Open();
                UseWriteAheadLog(connection);
                SqliteSchema.Migrate(connection);
                return true;
            });
        }
        finally
        {
            _writersTurn.Release();
        }
    }

    /// <summary>SQLite reads the file in microseconds, and WAL readers wait for no writer.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken) =>
        OnOwnThreadAsync(
            () => Guarded(() =>
            {
                using var connection = Open();
                return read(connection);
            }),
            cancellationToken);

    /// <summary>Runs <paramref name="write"/> in a transaction, and commits it if that returns.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> write, CancellationToken cancellationToken)
    {
        if (!await _writersTurn.WaitAsync(_busyTimeout, cancellationToken))
            throw Unavailable("has too many writers waiting", new TimeoutException());
        try
        {
            return await OnOwnThreadAsync(
                () => Guarded(() =>
                {
                    using var connection = Open();
                    // Not deferred: the lock is taken now, with waiting; upgrading a reader later could only fail.
                    using var transaction = connection.BeginTransaction(deferred: false);
                    // While it waited for the lock, its client may have given up: nothing is written then.
                    cancellationToken.ThrowIfCancellationRequested();
                    var result = write(connection);
                    transaction.Commit();
                    // Checked before the write is acknowledged: the file may have lost its name since the connection
                    // opened.
                    if (SqliteFile.HasMoved(connection))
                        throw new InvalidDataException("was moved or deleted while it was written");
                    return result;
                }),
                cancellationToken);
        }
        finally
        {
            _writersTurn.Release();
        }
    }

    /// <summary>Throws when the file is gone, even though connections opened before could still read it.</summary>
    public void RequireFile()
    {
        if (!File.Exists(_path))
            throw Unavailable("is gone", new FileNotFoundException());
    }

    /// <summary>Closes the pooled connections; the last one to close folds the write-ahead log into the file.</summary>
    public void Dispose()
    {
        using (var connection = new SqliteConnection(_connectionString))
            SqliteConnection.ClearPool(connection);
        _writersTurn.Dispose();
        _threads.Dispose();
    }

    private async Task<T> OnOwnThreadAsync<T>(Func<T> use, CancellationToken cancellationToken)
    {
        await _threads.WaitAsync(cancellationToken);
        try
        {
            return await Task.Factory.StartNew(
                use,
                cancellationToken,
                TaskCreationOptions.LongRunning | TaskCreationOptions.RunContinuationsAsynchronously,
                TaskScheduler.Default);
        }
        finally
        {
            _threads.Release();
        }
    }

    private void CreateFile()
    {
        // An existing file is never opened here: closing it again would drop the locks (POSIX) that SQLite holds on it
        // for another connection of this process.
        if (File.Exists(_path))
            return;
        var directory = Path.GetDirectoryName(_path)!;
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, OwnerOnlyDirectory);
            // SQLite gives the files it puts beside this one (-wal, -shm) the same mode.
            options.UnixCreateMode = OwnerOnlyFile;
        }

        try
        {
            new FileStream(_path, options).Dispose();
        }
        catch (IOException) when (File.Exists(_path))
        {
            // Another process was first; the file is there, and that is all that is needed.
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        try
        {
            connection.Open();
            if (SqliteFile.HasMoved(connection))
            {
                // The pool holds a file that was moved, deleted or replaced. Opening anew finds the one with the name.
                SqliteConnection.ClearPool(connection);
                connection.Close();
                RequireFile();
                connection.Open();
            }

            connection.Execute(_openingPragmas);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static void UseWriteAheadLog(SqliteConnection connection)
    {
        using var command = connection.Command("PRAGMA journal_mode = WAL");
        if ((string)command.ExecuteScalar()! != "wal")
            throw new IOException("lies on a file system that can't share memory between processes (WAL)");
    }

    private T Guarded<T>(Func<T> use)
    {
        try
        {
            return use();
        }
        catch (SqliteException e)
        {
            throw Unavailable(Describe(e), e);
        }
        catch (InvalidDataException e)
        {
            throw Unavailable(e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Also what a damaged message throws (InvalidProtocolBufferException).
            throw Unavailable($"can't be used: {e.Message}", e);
        }
    }

    private static string Describe(SqliteException e) => e.SqliteErrorCode switch
    {
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "is locked by another process",
        raw.SQLITE_CANTOPEN => "can't be opened",
        raw.SQLITE_READONLY or raw.SQLITE_PERM => "can't be written",
        raw.SQLITE_FULL => "can't grow: the disk is full",
        raw.SQLITE_CORRUPT => "is damaged",
        raw.SQLITE_NOTADB => "is not a SQLite database",
        _ => "can't be used",
    };

    private StoreUnavailableException Unavailable(string what, Exception cause) =>
        new(new IOException($"The database file '{_path}' {what.TrimEnd('.')}. Look at Storage:Sqlite:Path.", cause));
}
