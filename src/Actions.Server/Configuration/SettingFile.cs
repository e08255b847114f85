namespace Actions.Server.Configuration;

/// <summary>
/// A file that a setting names. It is checked before it is opened: a pipe, a device or an endless file would hold up
/// the
/// start, without a word.
/// </summary>
internal static class SettingFile
{
    // A key has some dozen bytes, a certificate with its chain some KiB, the authorities of a large company some
    // hundred.
    private const int MaxBytes = 1 << 20;

    /// <returns>What is wrong with the file, e.g. "names a file that doesn't exist". Null: it can be read.</returns>
    public static string? Wrong(string path)
    {
        try
        {
            if (Directory.Exists(path))
                return "names a directory, not a file";
            var file = new FileInfo(path);
            // Links are common: Kubernetes mounts secrets as such.
            if (file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target)
                file = target;
            if (!file.Exists)
                return "names a file that doesn't exist";
            // Pipes and devices have no length.
            if (file.Length == 0)
                return "names a file that is empty, or no regular file";
            if (file.Length > MaxBytes)
                return $"names a file of {file.Length} bytes; at most {MaxBytes} are allowed";
            using var readable = File.OpenRead(file.FullName);
            return null;
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"names a file that can't be read ({e.Message.TrimEnd('.')})";
        }
    }
}
