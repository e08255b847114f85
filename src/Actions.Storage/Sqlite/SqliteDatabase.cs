using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Actions.Storage.Sqlite;

/// <summary>A database file: accessible by its owner only, many readers and one writer at a time.</summary>
internal sealed class SqliteDatabase : IDisposable
{
    private const UnixFileMode OwnerOnlyFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode OwnerOnlyDirectory = OwnerOnlyFile | UnixFileMode.UserExecute;

    private readonly string _path;
    private readonly TimeSpan _busyTimeout;
    private readonly SqliteSchema _schema;
    private readonly string _connectionString;
    private readonly string _openingPragmas;

    // SQLite blocks the calling thread, up to the busy time-out when another process has locked the file. Operations
    // run on dedicated threads, so that the thread pool, which every time-out needs, stays free. The limit is above
    // the number of parallel reads that a machine's cores can do, and low enough to afford when all threads hang.
    private const int MaxThreads = 32;
    private readonly SemaphoreSlim _threads = new(MaxThreads);
    private readonly OwnThreads _ownThreads = new();

    // SQLite itself waits for the writer lock by polling, which is unfair. Writers of this process queue here instead.
    private readonly SemaphoreSlim _writersTurn = new(1);

    public SqliteDatabase(string path, TimeSpan busyTimeout, SqliteSchema schema)
    {
        _path = Path.GetFullPath(path);
        _busyTimeout = busyTimeout;
        _schema = schema;
        // FULL: an acknowledged write survives a power failure; in WAL mode, NORMAL survives only a crash of the
        // process. fullfsync does the same as FULL on macOS, where fsync doesn't flush the disk's cache.
        _openingPragmas =
            $"PRAGMA busy_timeout = {(int)busyTimeout.TotalMilliseconds};"
            + (schema.SurvivesPowerFailure
                ? "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON" : "PRAGMA synchronous = NORMAL");
        _connectionString = new SqliteConnectionStringBuilder
        {
            DataSource = _path,
            // Doesn't create the file: a missing file is an error, not an empty store.
            Mode = SqliteOpenMode.ReadWrite,
            ForeignKeys = true,
            // In seconds: how long the driver itself retries a busy database; the minimum is 1. SQLite's busy_timeout,
            // which is finer, has already passed by then.
            DefaultTimeout = 1,
        }.ToString();
    }

    /// <summary>Whether this process uses the file.</summary>
    public bool IsInitialized { get; private set; }

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
                _schema.Migrate(connection);
                return true;
            });
            IsInitialized = true;
        }
        finally
        {
            _writersTurn.Release();
        }
    }

    /// <summary>Reads take microseconds, and in WAL mode readers don't wait for the writer.</summary>
    public Task<T> ReadAsync<T>(Func<SqliteConnection, T> read, CancellationToken cancellationToken) =>
        OnOwnThreadAsync(
            () => Guarded(() =>
            {
                using var connection = Open();
                return read(connection);
            }),
            cancellationToken);

    /// <summary>Runs <paramref name="write"/> in a transaction; commits when it returns.</summary>
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
                    // Not deferred: waits for the write lock now; upgrading a read lock later could only fail.
                    using var transaction = connection.BeginTransaction(deferred: false);
                    // The operation may have been cancelled while it waited for the lock; then it doesn't write.
                    cancellationToken.ThrowIfCancellationRequested();
                    var logged = SqliteFile.PagesWritten(connection);
                    var result = write(connection);
                    transaction.Commit();
                    // Checked before the write is acknowledged: the file may have been moved or deleted since the
                    // connection was opened.
                    if (SqliteFile.HasMoved(connection))
                        throw new InvalidDataException("was moved or deleted while it was written");
                    // What changes nothing writes no log: after a restart there may be none yet.
                    if (SqliteFile.PagesWritten(connection) != logged)
                        RequireLog(connection);
                    return result;
                }),
                cancellationToken);
        }
        finally
        {
            _writersTurn.Release();
        }
    }

    /// <summary>Throws when the file doesn't exist, even if open connections could still read it.</summary>
    public void RequireFile()
    {
        if (!File.Exists(_path))
            throw Unavailable("is gone", new FileNotFoundException());
    }

    /// <summary>
    /// Throws if the write-ahead log, which a write has just been added to, has no name any more: nobody else could
    /// ever read it. A log that another connection has created in its place meanwhile is empty.
    /// </summary>
    private void RequireLog(SqliteConnection connection)
    {
        // SQLite keeps the log beside the file that a symbolic link leads to.
        var file = File.ResolveLinkTarget(_path, returnFinalTarget: true)?.FullName ?? _path;
        if (new FileInfo(file + "-wal") is { Exists: true, Length: > 0 })
            return;
        // Connections that are opened from now on have a log with a name.
        SqliteConnection.ClearPool(connection);
        throw new InvalidDataException("lost its write-ahead log (-wal), which was moved or deleted while it was written");
    }

    /// <summary>Closes the pooled connections; closing the last one merges the write-ahead log into the file.</summary>
    public void Dispose()
    {
        using (var connection = new SqliteConnection(_connectionString))
            SqliteConnection.ClearPool(connection);
        _writersTurn.Dispose();
        _threads.Dispose();
        _ownThreads.Dispose();
    }

    private async Task<T> OnOwnThreadAsync<T>(Func<T> use, CancellationToken cancellationToken)
    {
        await _threads.WaitAsync(cancellationToken);
        try
        {
            return await _ownThreads.RunAsync(use, cancellationToken);
        }
        finally
        {
            _threads.Release();
        }
    }

    private void CreateFile()
    {
        // An existing file is never opened here: closing it would release the POSIX locks that SQLite holds on it for
        // other connections of this process.
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
            // SQLite creates the files beside this one (-wal, -shm) with the same mode.
            options.UnixCreateMode = OwnerOnlyFile;
        }

        try
        {
            new FileStream(_path, options).Dispose();
        }
        catch (IOException) when (File.Exists(_path))
        {
            // Another process has just created the file.
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
                // The pooled connection's file was moved, deleted or replaced: open the current file.
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
            // IOException includes InvalidProtocolBufferException, thrown for a damaged message.
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
        new(new IOException($"The database file '{_path}' {what.TrimEnd('.')}. {_schema.Advice}", cause));
}
