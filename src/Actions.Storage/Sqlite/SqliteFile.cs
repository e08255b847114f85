using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace Actions.Storage.Sqlite;

/// <summary>Tells whether a connection's file still has its name.</summary>
/// <remarks>
/// A Unix file that is deleted, moved or replaced stays open under no name. SQLite goes on writing into it, and what it
/// acknowledges is lost with the last connection.
/// </remarks>
internal static class SqliteFile
{
    private const int HasMovedOpcode = 20; // SQLITE_FCNTL_HAS_MOVED, sqlite3.h

    /// <summary>Compares the open file with the one that has its name now; costs one <c>stat</c>.</summary>
    /// <returns>False also where the system keeps an open file from being moved (Windows).</returns>
    public static bool HasMoved(SqliteConnection connection)
    {
        var moved = 0;
        return FileControl(connection.Handle!, "main", HasMovedOpcode, ref moved) == SQLitePCL.raw.SQLITE_OK && moved != 0;
    }

    // The managed wrapper has no such function.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control", CallingConvention = CallingConvention.Cdecl)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern int FileControl(
        SQLitePCL.sqlite3 database, [MarshalAs(UnmanagedType.LPUTF8Str)] string schema, int opcode, ref int argument);
}
