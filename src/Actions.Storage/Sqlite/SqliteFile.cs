using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Actions.Storage.Sqlite;

/// <summary>Checks whether a connection's file is still at its path.</summary>
/// <remarks>
/// On Unix, a file that is deleted, moved or replaced stays open. SQLite continues to write to it, and acknowledged
/// writes are lost when the last connection is closed.
/// </remarks>
internal static class SqliteFile
{
    private const int HasMovedOpcode = 20; // SQLITE_FCNTL_HAS_MOVED, sqlite3.h
    private const int PagesWrittenStatus = 9; // SQLITE_DBSTATUS_CACHE_WRITE, sqlite3.h

    /// <summary>Compares the open file with the file at its path now; costs one <c>stat</c>.</summary>
    /// <returns>Always false on Windows, where an open file can't be moved.</returns>
    public static bool HasMoved(SqliteConnection connection)
    {
        var moved = 0;
        return FileControl(connection.Handle!, "main", HasMovedOpcode, ref moved) == raw.SQLITE_OK && moved != 0;
    }

    /// <returns>The pages that this connection has written so far, to the write-ahead log.</returns>
    public static int PagesWritten(SqliteConnection connection) =>
        raw.sqlite3_db_status(connection.Handle!, PagesWrittenStatus, out var pages, out _, resetFlg: 0)
            == raw.SQLITE_OK ? pages : 0;

    // The managed wrapper has no such function.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", CallingConvention = CallingConvention.Cdecl)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern int FileControl(
        sqlite3 database, [MarshalAs(UnmanagedType.LPUTF8Str)] string schema, int opcode, ref int argument);
}
